/// What is noticed while a step is recorded that may be replayed later: the plan that computed it,
/// which of its numbers change from step to step, and who took part in it.
final class StepRecording {
  /// Whether something happened that a replay would leave out: a value was read, memory was made,
  /// code took part that did not say it does the same every time.
  var isRefused = false
  /// What was evaluated, and by which plan.
  ///
  /// The other nodes are let go: closures in them hold tensors, which would look like somebody's.
  private(set) var evaluation: (leaves: [Node], donated: [Bool], outputs: [Node], plan: Plan)?
  /// Numbers that are computed again for each step.
  private(set) var scalars: [(node: Node, dtype: DType, formula: () -> Double)] = []
  /// Random draws, in their order.
  private(set) var draws: [(node: Node, source: RandomSource)] = []
  /// Who took part: variables that were read or assigned, and what can be set.
  private(set) var cast = StepCast()
  /// What counted the step, and the phase it was in.
  private(set) var counters: [(counter: any StepCounter, phase: Int)] = []

  func note(_ snapshot: Snapshot, _ plan: Plan) {
    if evaluation != nil { isRefused = true }
    evaluation = (
      snapshot.leaves, snapshot.donated, snapshot.outputs.map { snapshot.nodes[$0] }, plan
    )
  }

  func note(_ scalar: Node, _ dtype: DType, _ formula: @escaping () -> Double) {
    scalars.append((scalar, dtype, formula))
  }

  func note(_ draw: Node, from source: RandomSource, isImplicit: Bool) {
    // Which source is the implicit one may change.
    if isImplicit { isRefused = true }
    draws.append((draw, source))
  }

  func note(_ variable: Variable) {
    if !variable.isReplayable { isRefused = true }
    cast.add(variable)
  }

  func note(_ part: Changes) { cast.add(part) }

  func note(_ counter: any StepCounter) {
    // Each has the numbers of one step at a time.
    if counters.contains(where: { $0.counter === counter }) { isRefused = true }
    counters.append((counter, counter.phase))
  }
}

/// Who takes part in a step: the variables that it may read or assign, and what can be set.
struct StepCast {
  private(set) var variables: [Variable] = []
  private(set) var parts: [Changes] = []
  private var known: Set<ObjectIdentifier> = []

  init() {}

  init(_ variables: [Variable], _ parts: [Changes]) {
    for variable in variables { add(variable) }
    for part in parts { add(part) }
  }

  mutating func add(_ variable: Variable) {
    if known.insert(ObjectIdentifier(variable)).inserted { variables.append(variable) }
  }

  mutating func add(_ part: Changes) {
    if known.insert(ObjectIdentifier(part)).inserted { parts.append(part) }
  }

  /// Adds the cast of one more step.
  ///
  /// A step that makes variables of its own has others each time: they are not kept for ever.
  mutating func formUnion(_ step: StepCast) {
    for variable in step.variables { add(variable) }
    for part in step.parts { add(part) }
    if known.count > 8 * step.known.count, !step.known.isEmpty { self = step }
  }

  func isSuperset(of other: StepCast) -> Bool { known.isSuperset(of: other.known) }
}

/// What numbers the steps it takes part in, as an optimizer does.
package protocol StepCounter: AnyObject {
  /// What of a step depends on its number, besides numbers that are computed.
  var phase: Int { get }
  /// The number of steps done.
  var stepsDone: Int { get set }
  /// Makes ready the numbers of the step that comes now.
  func moveToPresent()
}

/// For code that takes part in steps which may be replayed.
package enum Replay {
  /// Says that the step that is being recorded, if any, must be recorded anew each time.
  package static func refuse() { Recorder.current.recording?.isRefused = true }

  /// Whether a step is being recorded that may be replayed.
  package static var isRecording: Bool { Recorder.current.recording != nil }

  /// Says that something which can be set takes part in the step that is being recorded, if any.
  package static func note(_ parts: @autoclosure () -> [Changes]) {
    guard let recording = Recorder.current.recording else { return }
    for part in parts() { recording.note(part) }
  }

  /// Says that something counts the step that is being recorded, if any.
  package static func note(_ counter: any StepCounter) {
    Recorder.current.recording?.note(counter)
  }

  /// Runs a closure whose reading and writing of values belongs to those who replay the step: they
  /// do the same at each replay.
  package static func aside<Result>(_ body: () throws -> Result) rethrows -> Result {
    let recorder = Recorder.current
    let recording = recorder.recording
    recorder.recording = nil
    defer { recorder.recording = recording }
    return try body()
  }

  /// A scalar whose value is computed again each time the step is replayed.
  package static func scalar(_ dtype: DType, _ formula: @escaping () -> Double) -> Tensor {
    let scalar = Tensor.constant(formula(), dtype)
    Recorder.current.recording?.note(scalar.node, dtype, formula)
    return scalar
  }

  /// Whether a value is of a class of one of the library's modules, not of one derived elsewhere.
  package static func isLibrary(_ value: AnyObject, module: String) -> Bool {
    _typeName(type(of: value), qualified: true).hasPrefix(module + ".")
  }
}

/// Runs a closure in which every step of training is recorded anew: for finding out what replaying
/// does.
///
/// The bits of all results are the same with and without.
package func withoutReplay<Result>(_ body: () throws -> Result) rethrows -> Result {
  try Recorder.with(\.replays, false, body)
}
