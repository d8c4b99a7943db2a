import CKernels

/// What an operation is told about the node whose kernels it emits.
struct PlanStep {
  /// The node's index in the graph.
  let node: Int
  /// Its inputs: nodes' indices, or complements of leaves'.
  let inputs: [Int]
  let type: TensorType
  /// Elementwise operations fused with the node: behind it for an `EpilogueHost`, before it for a
  /// `MapHost`.
  let members: [Int]
  /// Further reductions of what a `MapHost` computes.
  var siblings: [Int] = []
}

/// Makes a plan of a snapshot: decides what is fused, emits the kernel calls in order, and lays the
/// buffers out.
final class Planner {
  typealias Location = Buffers.Location

  let graph: CanonicalGraph
  let memory = PlanMemory()
  var threads: Int { snapshot.settings.threads }
  /// Whether convolutions may take the way of few multiplications.
  var allowsWinograd: Bool { snapshot.settings.winograd }
  private let snapshot: Snapshot
  private let fusion: Fusion
  private var buffers = Buffers()
  /// Where the value of each node that has been emitted lies; views are worked out when asked for.
  private var locations: [Int: Location] = [:]
  private var leafBuffers: [Int]
  private var constants: [Int] = []
  private var errorNodes: [Int] = []
  private var calls: [Call] = []
  /// The members of the unit that is being emitted whose values go to memory.
  private var written: [Int] = []

  /// A kernel call in the making.
  struct Call {
    let label: String
    let detail: String
    let run: mk_run
    let arguments: UnsafeRawPointer
    let parts: Int
    var scratch: Int
    /// References in the arguments, to be filled in when buffers have their places.
    var references: [(pointer: UnsafeMutablePointer<mk_ref>, buffer: Int, byteOffset: Int)]
    /// What is read that what is written may take the memory of.
    var inPlace: [(read: Int, written: Int)]
    /// The buffer that the host of an epilogue writes and the epilogue reads, if any.
    var handedOver: Int?
    /// Where to say how many bytes of scratch hold it, if nothing else touches it: then it needs no
    /// buffer.
    var handed: (field: UnsafeMutablePointer<UInt64>, byteCount: Int)?
  }

  init(_ snapshot: Snapshot) {
    self.snapshot = snapshot
    graph = CanonicalGraph(snapshot)
    fusion = Fusion(graph, enabled: snapshot.settings.fusion)
    leafBuffers = []
    for (index, leaf) in snapshot.leaves.enumerated() {
      if snapshot.storages[index] == nil {
        leafBuffers.append(buffers.add(16, .constant(constants.count)))
        constants.append(index)
      } else {
        leafBuffers.append(buffers.add(leaf.type.byteCount, .leaf(index)))
      }
    }
  }

  /// Whether a buffer is a leaf's whose memory may be overwritten.
  func isDonated(_ buffer: Int) -> Bool {
    if case .leaf(let leaf) = buffers.kind(of: buffer) { snapshot.donated[leaf] } else { false }
  }

  /// The finished plan.
  func finish() -> Plan {
    for unit in fusion.ordered() { emit(fusion.units[unit]) }
    let (results, outputs) = settleOutputs()
    for (index, call) in calls.enumerated() {
      for reference in call.references { buffers.touch(reference.buffer, at: index) }
    }
    let escaping = Set(results.compactMap { if case .leaf(let leaf) = $0 { leaf } else { nil } })
      .union(leavesBehindIndices())
    for (index, call) in calls.enumerated() {
      for pair in call.inPlace
      where call.references.count(where: { $0.buffer == pair.read })
        == (call.handedOver == pair.read ? 2 : 1)
      {
        buffers.share(read: pair.read, written: pair.written, at: index) {
          snapshot.donated[$0] && !escaping.contains($0)
        }
      }
    }
    for (index, call) in calls.enumerated() {
      if let handed = call.handed, let buffer = call.handedOver,
        buffers.handOver(buffer, at: index)
      {
        handed.field.pointee = UInt64(handed.byteCount)
        calls[index].scratch += handed.byteCount
      }
    }
    let (offsets, arenaBytes) = buffers.layOut()
    for call in calls {
      for reference in call.references {
        let address = buffers.address(
          of: reference.buffer, offsets: offsets, leafCount: snapshot.leaves.count)
        reference.pointer.pointee = mk_ref(
          offset: UInt64(address.offset + reference.byteOffset), base: UInt32(address.base))
      }
    }
    return Plan(
      calls: calls.map { mk_call(run: $0.run, args: $0.arguments, parts: UInt32($0.parts)) },
      steps: calls.map { Plan.Step(label: $0.label, detail: $0.detail, parts: $0.parts) },
      threads: threads, memory: memory, arenaBytes: arenaBytes,
      scratchBytes: calls.map(\.scratch).max() ?? 0, constants: constants,
      errorNodes: errorNodes, leafCount: snapshot.leaves.count,
      outputs: outputs.enumerated().map {
        Plan.Output(byteCount: $1, donor: buffers.donors[$0])
      },
      results: results)
  }

  /// The leaves that indices are computed from, where an operation checks them: a message computes
  /// the index that was wrong again, so these are not overwritten.
  private func leavesBehindIndices() -> Set<Int> {
    var stack = errorNodes.flatMap { graph.inputs[$0] }
      .filter { graph.type(of: $0).dtype.isInteger }
    var seen = Set(stack)
    while let reference = stack.popLast() {
      guard reference >= 0 else { continue }
      for input in graph.inputs[reference] where seen.insert(input).inserted {
        stack.append(input)
      }
    }
    return Set(seen.compactMap { $0 < 0 ? ~$0 : nil })
  }

  // MARK: Values

  func type(of reference: Int) -> TensorType { graph.type(of: reference) }

  /// Where a value lies, as whatever view its history of reshapes, transposes and slices left.
  func location(_ reference: Int) -> Location {
    let type = graph.type(of: reference)
    if reference < 0 {
      return Location(
        buffer: leafBuffers[~reference], dtype: type.dtype, layout: Layout(dense: type.shape))
    }
    if let known = locations[reference] { return known }
    guard let operation = graph.nodes[reference].operation as? any ViewOperation else {
      internalError("\(graph.nodes[reference].operation.name) was not computed before it was read")
    }
    var base = location(graph.inputs[reference][0])
    if let view = operation.view(of: base.layout, as: type.shape) {
      base.layout = view
    } else {
      base = copy(base)
      guard let view = operation.view(of: base.layout, as: type.shape) else {
        internalError("\(operation.name) does not fit even a dense copy")
      }
      base.layout = view
    }
    locations[reference] = base
    return base
  }

  /// Where a value lies with dense elements, copied if need be.
  func dense(_ reference: Int) -> Location {
    let place = location(reference)
    return place.layout.isDense ? place : copy(place)
  }

  /// New memory for the value of a step; the operation writes it.
  func output(_ step: PlanStep) -> Location { output(of: step.node) }

  /// New memory for the value of a node.
  func output(of node: Int) -> Location {
    let place = workspace(graph.nodes[node].type)
    locations[node] = place
    return place
  }

  /// New memory that lives inside the plan only.
  func workspace(_ type: TensorType) -> Location {
    Location(
      buffer: buffers.add(type.byteCount, .temporary), dtype: type.dtype,
      layout: Layout(dense: type.shape))
  }

  /// New memory of a number of bytes that lives inside the plan only.
  func workspace(byteCount: Int) -> Location {
    workspace(TensorType([byteCount], .uint8))
  }

  /// Two words that are 0 unless a kernel reports a mistake: a code, and what it likes to add;
  /// `Operation.fail` is then called with them.
  func errorSlot(_ step: PlanStep) -> Location {
    errorNodes.append(step.node)
    return Location(
      buffer: buffers.add(16, .error(errorNodes.count - 1)), dtype: .int64,
      layout: Layout(dense: []))
  }

  /// How many parts a kernel of so much work (in simple element operations) is worth.
  func parts(forWork work: Int) -> Int { max(1, min(threads, work / 16_384)) }

  // MARK: Emission

  /// Adds a call.
  ///
  /// Every reference in the arguments is named with the place it refers to.
  func emit<Arguments>(
    _ label: String, _ detail: String, _ run: @escaping mk_run, _ arguments: Arguments,
    _ references: [(WritableKeyPath<Arguments, mk_ref>, Location)],
    parts: Int = 1, scratch: Int = 0, program: Program? = nil, handingOver: Location? = nil,
    inScratch: (field: WritableKeyPath<Arguments, UInt64>, byteCount: Int)? = nil
  ) {
    let pointer = memory.keep(arguments)
    var call = Call(
      label: label, detail: detail, run: run, arguments: UnsafeRawPointer(pointer), parts: parts,
      scratch: scratch, references: [], inPlace: [])
    for (path, place) in references {
      guard let field = pointer.pointer(to: path) else { internalError("no such field") }
      call.references.append((field, place.buffer, place.byteOffset))
    }
    if let program {
      call.references.append(contentsOf: program.references)
      call.inPlace = program.inPlace
      call.handedOver = handingOver?.buffer
      if let inScratch, inScratch.byteCount > 0, let field = pointer.pointer(to: inScratch.field) {
        call.handed = (field, inScratch.byteCount)
      }
    }
    calls.append(call)
  }

  /// Adds a call of one part whose references lie wherever its arguments point to.
  func emit(
    _ label: String, _ detail: String, _ run: @escaping mk_run, _ arguments: UnsafeRawPointer,
    _ references: [(pointer: UnsafeMutablePointer<mk_ref>, buffer: Int, byteOffset: Int)]
  ) {
    calls.append(
      Call(
        label: label, detail: detail, run: run, arguments: arguments, parts: 1, scratch: 0,
        references: references, inPlace: []))
  }

  /// Adds a call whose arguments are an elementwise program.
  func emit(_ label: String, _ detail: String, _ program: Program, parts: Int) {
    calls.append(
      Call(
        label: label, detail: detail, run: mk_elementwise,
        arguments: UnsafeRawPointer(program.pointer), parts: parts,
        scratch: mk_program_scratch(program.pointer), references: program.references,
        inPlace: program.inPlace))
  }

  private func emit(_ unit: Unit) {
    let names = unit.members.map { graph.nodes[$0].operation.name }
    written = unit.written
    guard let host = unit.host else {
      // Every reader may have computed the values for itself.
      guard let first = unit.members.first else { return }
      let type = graph.nodes[first].type
      if unit.members.count == 1, graph.isSource(first) {
        graph.nodes[first].operation.plan(
          PlanStep(node: first, inputs: graph.inputs[first], type: type, members: []), self)
        return
      }
      let results = settle()
      if type.count == 0 { return }
      let program = Program(unit.members, shape: type.shape, results: results, planner: self)
      emit(
        names.joined(separator: "·"), type.shape.text, program,
        parts: parts(forWork: type.count * (unit.members.count + 1)))
      return
    }
    let node = graph.nodes[host]
    node.operation.plan(
      PlanStep(
        node: host, inputs: graph.inputs[host], type: node.type, members: unit.members,
        siblings: unit.siblings),
      self)
  }

  /// The elementwise program fused behind a step, whose output already has its memory; nil if none.
  func epilogue(_ step: PlanStep) -> Program? {
    if step.members.isEmpty { return nil }
    return Program(
      step.members, shape: step.type.shape, results: settle(), planner: self)
  }

  /// A step's name with those of the operations fused to it.
  func label(_ step: PlanStep, _ name: String) -> String {
    ([name] + step.members.map { graph.nodes[$0].operation.name }).joined(separator: "·")
  }

  /// Gives memory to those members of the unit whose values are read outside of it.
  func settle() -> [(node: Int, place: Location)] { written.map { ($0, output(of: $0)) } }

  /// A dense copy of a view.
  func copy(_ source: Location) -> Location {
    let target = workspace(TensorType(source.layout.shape, source.dtype))
    emitCopy(from: source, to: target)
    return target
  }

  /// Copies between two views of the same shape.
  func emitCopy(from source: Location, to target: Location) {
    let shape = source.layout.shape
    let count = shape.elementCount
    if count == 0 { return }
    var arguments = mk_copy_args()
    arguments.rank = UInt32(shape.count)
    arguments.bytes = UInt8(source.dtype.byteCount)
    fill(&arguments.size, shape)
    fill(&arguments.x_stride, source.layout.strides)
    fill(&arguments.y_stride, target.layout.strides)
    emit(
      "copy", shape.text, mk_copy, arguments, [(\.x, source), (\.y, target)],
      parts: parts(forWork: 2 * count))
  }

  // MARK: Outputs

  private func settleOutputs() -> (results: [Plan.Result], byteCounts: [Int]) {
    var results: [Plan.Result] = []
    var byteCounts: [Int] = []
    for output in snapshot.outputs {
      var place = location(graph.canonical[output])
      let byteCount = snapshot.nodes[output].type.byteCount
      let isWhole =
        place.layout.isDense && place.layout.offset == 0
        && byteCount == buffers.byteCount(of: place.buffer)
      if !isWhole || isConstant(place) { place = copy(place) }
      switch buffers.kind(of: place.buffer) {
      case .leaf(let leaf): results.append(.leaf(leaf))
      case .output(let index): results.append(.output(index))
      case .temporary:
        buffers.promote(place.buffer, toOutput: byteCounts.count)
        results.append(.output(byteCounts.count))
        byteCounts.append(byteCount)
      case .constant, .error, .handedOver: internalError("an output lies in no memory")
      }
    }
    return (results, byteCounts)
  }

  private func isConstant(_ place: Location) -> Bool {
    if case .constant = buffers.kind(of: place.buffer) { return true }
    return false
  }
}

/// Writes an array into one of the fixed-size arrays of the kernels' structures.
func fill<Tuple>(_ tuple: inout Tuple, _ values: [Int]) {
  withUnsafeMutableBytes(of: &tuple) { bytes in
    let words = bytes.bindMemory(to: Int64.self)
    for (index, value) in values.enumerated() where index < words.count {
      words[index] = Int64(value)
    }
  }
}
