/// Steps that are recorded until two come out alike, and replayed from then on.
///
/// A step is held with its plan for inputs of certain shapes and element types. Replaying it binds
/// the plan to the inputs, to what the variables hold now, to numbers and random keys computed anew,
/// runs it, and gives the variables their next values: the bits are those of recording it again.
/// Whatever shapes the step otherwise is counted by its `Changes`, or is part of its kind.
package final class HeldSteps {
  private var steps: [HeldStep] = []
  /// Steps recorded once.
  private var candidates: [HeldStep] = []
  /// How often steps of a kind could not be held: nobody tries for ever.
  ///
  /// The first step of a training makes variables, which none of the others does.
  private var refusals: [Int: (seen: ChangesSeen, count: Int)] = [:]
  private static let mostRefusals = 3
  /// How many steps were recorded, one after the other, that were unlike all before: nobody tries for
  /// ever, until something is set.
  private var strangers: (seen: ChangesSeen, count: Int)?
  private static let mostStrangers = 64
  /// How many steps were replayed.
  package private(set) var replayCount = 0
  /// Batches of so many shapes are remembered.
  private static let limit = 8

  package init() {}

  /// Replays the step of a kind for inputs, or returns nil if it has to be recorded.
  ///
  /// - Returns: What the step returned when it was recorded, computed anew.
  package func replay(_ kind: Int, _ inputs: [Tensor]) -> [Tensor]? {
    for step in held(kind, inputs) {
      if let results = step() {
        replayCount += 1
        strangers = nil
        return results
      }
    }
    return nil
  }

  /// The steps of a kind that are held for inputs, each a closure that replays it.
  ///
  /// Steps that assign no variable may be replayed by several threads at once.
  package func held(_ kind: Int, _ inputs: [Tensor]) -> [() -> [Tensor]?] {
    if steps.isEmpty { return [] }
    let recorder = Recorder.current
    guard recorder.replays, recorder.scope == nil, recorder.recording == nil else { return [] }
    let moment = HeldStep.Moment(kind, recorder)
    return steps.filter { $0.moment == moment && $0.fits(inputs) && $0.seen.isAll }
      .map { step in { step.replay(inputs, recorder) } }
  }

  /// Records a step, and holds it if it came out like one before.
  ///
  /// - Parameters:
  ///   - kind: What tells the step from others with the same inputs.
  ///   - inputs: The tensors that are others in each step.
  ///   - parts: What takes part in the step and can be set.
  ///   - variables: Those that the step may read or assign.
  ///   - body: Records the step and evaluates it; returns what it computed besides the variables.
  package func record(
    _ kind: Int, _ inputs: [Tensor], parts: () -> [Changes], variables: () -> [Variable],
    _ body: () throws -> [Tensor]
  ) rethrows -> [Tensor] {
    try record(kind, inputs, StepRecording(), parts: parts, variables: variables, body)
  }

  /// The same with a recording of the caller's, who asks it afterwards who took part.
  func record(
    _ kind: Int, _ inputs: [Tensor], _ recording: StepRecording, parts: () -> [Changes],
    variables: () -> [Variable], _ body: () throws -> [Tensor]
  ) rethrows -> [Tensor] {
    let recorder = Recorder.current
    guard recorder.replays, recorder.scope == nil, recorder.recording == nil else {
      return try body()
    }
    let moment = HeldStep.Moment(kind, recorder)
    let refused = refusals[kind].flatMap { $0.seen.isAll ? $0.count : nil } ?? 0
    if refused >= Self.mostRefusals { return try body() }
    if let strangers, strangers.count >= Self.mostStrangers {
      if strangers.seen.isAll { return try body() }
      self.strangers = nil
    }
    // What others wait for is no part of the step.
    Evaluation.settle(recorder)
    for input in inputs { input.evaluated() }
    let start = HeldStep.Start(variables())
    let seen = ChangesSeen(parts(), start.variables)
    recorder.recording = recording
    defer { recorder.recording = nil }
    let results = try body()
    recorder.recording = nil
    if recording.isRefused {
      refusals[kind] = (seen, refused + 1)
      return results
    }
    guard moment == HeldStep.Moment(kind, recorder), seen.isAll, start.isSame(as: variables()),
      StepCast(start.variables, seen.parts).isSuperset(of: recording.cast),
      let step = HeldStep(moment, seen, inputs, start, recording, results)
    else {
      addStranger(seen)
      return results
    }
    if let known = candidates.firstIndex(where: { $0.isAlike(step) && $0.seen.isAll }) {
      strangers = nil
      candidates.remove(at: known)
      steps.removeAll { !$0.seen.isAll || $0.moment.plans != moment.plans }
      steps.insert(step, at: 0)
      if steps.count > Self.limit { steps.removeLast() }
    } else {
      candidates.insert(step, at: 0)
      if candidates.count > Self.limit { candidates.removeLast() }
      addStranger(seen)
    }
    return results
  }

  private func addStranger(_ seen: ChangesSeen) {
    let count = (strangers?.count ?? 0) + 1
    strangers = (seen, count)
    // They hold memory.
    if count == Self.mostStrangers { candidates = [] }
  }
}
