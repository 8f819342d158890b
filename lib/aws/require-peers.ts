import { requirePeers } from '../require-peers';

requirePeers('cdk-model-pipeline/aws', ['aws-cdk-lib', 'constructs']);
