import { requirePeers } from '../require-peers';

requirePeers('cdk-model-pipeline/google', ['@cdktf/provider-google', 'cdktf', 'constructs']);
