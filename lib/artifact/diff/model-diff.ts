/** How one model differs from another, names of inner values and of nodes set aside. */
export interface ModelDiff {
  /** Whether nothing differs: neither structure nor weights. */
  readonly same: boolean;
  /** Nodes that are new and decide which way values take: If, Loop, Scan, Where and comparisons. */
  readonly newBranches: readonly DiffNode[];
  readonly nodes: {
    readonly added: readonly DiffNode[];
    readonly removed: readonly DiffNode[];
    readonly rewired: readonly Rewiring[];
  };
  /** Initialisers and constants; those that are as they were are not listed. */
  readonly constants: {
    readonly added: readonly DiffConstant[];
    readonly removed: readonly DiffConstant[];
    readonly changed: readonly Change[];
  };
  readonly inputs: InterfaceDiff;
  readonly outputs: InterfaceDiff;
  /** Versions of operator sets, IR version. */
  readonly versions: readonly Change[];
}

export interface DiffNode {
  /** `Conv`, or `own::Twice` outside of the standard domain. */
  readonly operator: string;
  readonly name: string;
  /** Where it is: `graph`, `graph/If then_branch`, `function own::Twice`. */
  readonly scope: string;
}

/** An input of a node, or an output of a graph, that comes from elsewhere now. */
export interface Rewiring {
  readonly node: DiffNode;
  /** From 0; of an output its place among the outputs. */
  readonly input: number;
  readonly was: string;
  readonly is: string;
}

export interface DiffConstant {
  readonly name: string;
  /** `float32 [3, 4]`. */
  readonly form: string;
}

export interface Change {
  readonly name: string;
  readonly was: string;
  readonly is: string;
}

export interface InterfaceDiff {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Another element type or shape. */
  readonly changed: readonly Change[];
}
