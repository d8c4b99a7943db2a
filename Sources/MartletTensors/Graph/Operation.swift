import CKernels

/// An operation of the graph: what stands in a node.
///
/// One operation is one place: the function that checks shapes and records it, this value with its
/// integer attributes, its gradient and its kernel call. Broadcasting is undone and gradients are
/// summed by the backward pass, never in a rule.
protocol Operation: Sendable {
  /// How the planner deals with the operation; each protocol below has its own.
  var role: OperationRole { get }

  /// The name that messages, plans and profiles print.
  var name: String { get }

  /// Adds every attribute that changes the result or the kernels (not shapes or types, not the
  /// values of scalars) to the key of a plan.
  func encode(into key: inout PlanKey)

  /// The gradient of the input at `index`, recorded with the same public operations; nil where the
  /// operation is constant in it. Its shape is the input's, or the output's where the input was
  /// broadcast.
  func gradient(_ index: Int, _ at: Backward) -> Tensor?

  /// The gradients of those inputs that are wanted: `gradient` of each, unless one piece of work
  /// gives several.
  func gradients(_ at: Backward, wanted: [Bool]) -> [Tensor?]

  /// Which piece of its input the operation is; nil if it is none. The gradients of all pieces are
  /// put together, in place of asking each for the gradient of the whole.
  var piece: Piece? { get }

  /// Emits the kernels that compute the node.
  func plan(_ step: PlanStep, _ planner: Planner)

  /// Whether two nodes that look alike must stay two: what recomputation needs.
  var isUnique: Bool { get }

  /// Traps with the mistake that a kernel found while running (an index out of range): the two
  /// words that it left in the error slot.
  func fail(_ code: Int64, _ detail: Int64, _ node: Node) -> Never
  func fail(_ code: Int64, _ node: Node) -> Never
}

/// What a planner may do with an operation.
enum OperationRole: Sendable {
  /// It emits kernels of its own.
  case kernel
  /// It can be fused with others of its shape.
  case elementwise
  /// So it can, and makes its elements from their numbers.
  case source
  /// It only looks at its input in another way.
  case view
  /// It is its first input under another name.
  case alias
  /// An elementwise program can take over its finished pieces.
  case epilogueHost
  /// It can compute what it reads, block by block.
  case mapHost
  /// Its loop can go on through one elementwise operation.
  case tailHost
  /// Its bits are known from the start.
  case constant
}

/// A piece of a tensor, whose gradient is that piece of the tensor's.
enum Piece {
  /// One of several results.
  case part(Int)
  /// The elements of a region.
  case region(SliceRegion)
}

extension Operation {
  var role: OperationRole { .kernel }
  func encode(into key: inout PlanKey) {}
  func gradient(_ index: Int, _ at: Backward) -> Tensor? { nil }
  func gradients(_ at: Backward, wanted: [Bool]) -> [Tensor?] {
    wanted.enumerated().map { $1 ? gradient($0, at) : nil }
  }
  var piece: Piece? { nil }
  var isUnique: Bool { false }
  func fail(_ code: Int64, _ detail: Int64, _ node: Node) -> Never { fail(code, node) }
  func fail(_ code: Int64, _ node: Node) -> Never { internalError("\(name) failed: \(code)") }
}

/// An operation that computes each element from the elements at its place, by one row of the
/// kernels' table: what the planner fuses.
protocol ElementwiseOperation: Operation {
  /// How the kernels compute the elements of `type` from inputs of type `input`.
  func block(input: DType, output: DType) -> mk_block_function

  /// What the operation is to a chain of float32 operations; nil if it cannot be part of one.
  func link(of type: DType) -> mk_operation?

  /// Whether computing an element costs no more than fetching it.
  var isCheap: Bool { get }
}

/// An operation that only looks at its input in another way: reshape, transpose, slice, broadcast.
protocol ViewOperation: Operation {
  /// The view of an input that is laid out as `layout`; nil where it has to be copied first.
  func view(of layout: Layout, as shape: Shape) -> Layout?
}

extension ElementwiseOperation {
  var role: OperationRole { .elementwise }
  func link(of type: DType) -> mk_operation? { nil }
}

extension ViewOperation {
  var role: OperationRole { .view }
  func plan(_ step: PlanStep, _ planner: Planner) { internalError("a view has no kernel") }
}

/// A new name for the first input, that the plan forgets: what matters is its gradient.
protocol AliasOperation: ViewOperation {}

extension AliasOperation {
  var role: OperationRole { .alias }
  func view(of layout: Layout, as shape: Shape) -> Layout? { layout }
}

/// The operation of a value that was known from the start.
struct Leaf: Operation {
  let name = "leaf"
  func plan(_ step: PlanStep, _ planner: Planner) { internalError("a leaf has no kernel") }
}

/// A scalar, or a random key, whose bits are an input of the plan and no part of it.
struct Constant: Operation {
  let name = "constant"
  let role = OperationRole.constant
  /// The value as the element type lays it out; a key uses both words.
  let bits: (UInt64, UInt64)
  func plan(_ step: PlanStep, _ planner: Planner) { internalError("a constant has no kernel") }
}

/// A new name for a value: what gradients wrap their arguments in.
struct Identity: AliasOperation {
  let name = "identity"
  func gradient(_ index: Int, _ at: Backward) -> Tensor? { at.dy }
}
