/// A graph written down as words: two graphs have the same plan exactly when their keys are equal.
///
/// The hash only finds the bucket. Everything that shapes a plan is in the words: operations and
/// their integer attributes, element types, shapes, wiring and aliasing, what is kept, what is
/// donated, the number of threads, the instruction set, and which settings are on.
struct PlanKey: Hashable {
  private(set) var words: [Int]
  private var digest = 0

  init(_ snapshot: Snapshot) {
    words = []
    words.reserveCapacity(16 * snapshot.nodes.count + 64)
    let settings = snapshot.settings
    add(settings.threads)
    add(settings.level * 4 + (settings.winograd ? 2 : 0) + (settings.fusion ? 1 : 0))
    add(snapshot.leaves.count)
    for (index, leaf) in snapshot.leaves.enumerated() {
      add(snapshot.donated[index] ? 1 : leaf.storage == nil ? 2 : 0)
      add(leaf.type)
    }
    for (index, node) in snapshot.nodes.enumerated() {
      add(Int(bitPattern: ObjectIdentifier(Swift.type(of: node.operation))))
      node.operation.encode(into: &self)
      add(node.type)
      let inputs = snapshot.inputs[index]
      add(inputs.count)
      for input in inputs { add(input) }
    }
    add(snapshot.outputs.count)
    for output in snapshot.outputs { add(output) }
    var digest = 0
    for word in words { digest = (digest &* 31) ^ (digest >> 27) &+ word }
    self.digest = digest
  }

  /// A key of one operation, for finding common nodes.
  init(_ operation: any Operation, _ type: TensorType, inputs: [Int]) {
    words = []
    add(Int(bitPattern: ObjectIdentifier(Swift.type(of: operation))))
    operation.encode(into: &self)
    add(type)
    words.append(contentsOf: inputs)
    var digest = 0
    for word in words { digest = (digest &* 31) ^ (digest >> 27) &+ word }
    self.digest = digest
  }

  @inline(__always) mutating func add(_ word: Int) { words.append(word) }

  mutating func add(_ list: [Int]) {
    words.append(list.count)
    words.append(contentsOf: list)
  }

  mutating func add(_ flag: Bool) { words.append(flag ? 1 : 0) }

  private mutating func add(_ type: TensorType) {
    add(Int(type.dtype.rawValue) << 8 | type.shape.count)
    for size in type.shape { words.append(size) }
  }

  func hash(into hasher: inout Hasher) { hasher.combine(digest) }

  /// The bytes the key occupies.
  var byteCount: Int { words.count * MemoryLayout<Int>.size }
}
