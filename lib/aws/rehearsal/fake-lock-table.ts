import { failure } from './failure';

type Attributes = Readonly<Record<string, { readonly S?: string }>>;

interface DynamoInput {
  readonly Key?: Attributes;
  readonly Item?: Attributes;
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Attributes;
}

/** A table of DynamoDB with the one item that the lock of an endpoint is. */
export class FakeLockTable {
  item: Attributes | undefined;

  answer(action: string, input: DynamoInput): unknown {
    if (action !== 'getItem' && !this.holds(input)) {
      throw failure('DynamoDB.ConditionalCheckFailedException', 'The conditional request failed');
    }
    if (action === 'putItem') this.item = input.Item;
    if (action === 'deleteItem') this.item = undefined;
    return action === 'getItem' && this.item ? { Item: this.item } : {};
  }

  /** `attribute_not_exists(#name)` and `#name = :value`, joined by OR. */
  private holds(input: DynamoInput): boolean {
    const { ConditionExpression = '', ExpressionAttributeNames = {}, ExpressionAttributeValues = {} } = input;
    return ConditionExpression.split(' OR ').some((term) => {
      const [name = '', value] = term.replace(/^attribute_not_exists\((.*)\)$/, '$1').split(' = ');
      const held = this.item?.[ExpressionAttributeNames[name] ?? '']?.S;
      return value === undefined ? held === undefined : held === ExpressionAttributeValues[value]?.S;
    });
  }
}
