/// A step of a loop of one's own, replayed without calling its closure once it has come out alike
/// twice: as `fit` does with its steps.
///
///     let step = ReplayedStep { x, y in
///       let (loss, gradients) = valueAndGradient(of: net.trainableVariables) {
///         sparseCategoricalCrossentropy(y, net(x, training: true))
///       }
///       optimizer.apply(gradients, to: net.trainableVariables)
///       return loss
///     }
///     for (x, y) in batches { progress.step(step(x, y)) }
///
/// The closure says what a step does; making a step of it promises that for inputs of the same
/// shapes and element types it does the same every time. The bits are those of calling it. What may
/// differ from call to call are
/// - the inputs,
/// - the values of variables, read in the closure and assigned there or elsewhere,
/// - what is set on the layers and optimizers that take part: rates, schedules, `trainable`,
/// - draws of random layers, and of a `RandomSource` that is given.
///
/// All else that the closure reads, numbers and tensors from around it too, stays what it was when it
/// was recorded: make it an input, or a variable. Metrics may be updated in the closure, and several
/// optimizers applied once each; what else it does, such as printing, is not done again.
///
/// A step is recorded anew, and as slow as the loop without it, where an input has a new shape, and
/// always where, in the closure,
/// - a value is read, or a tensor made of Swift's numbers: `Tensor(0)` too, for which `.zeros([])`
///   does it,
/// - numbers are drawn from the implicit source,
/// - code takes part that is not `isReplayable`: layers, metrics and optimizers of one's own, a
///   `Lambda`,
/// - two gradients are taken by the same variables, a variable is made, or a tensor is handed out
///   by other ways than as a result.
///
/// `replayCount` tells. All of a step is computed when it is called, unless it is called inside
/// another or inside a gradient, of which it then is a part.
public final class ReplayedStep<Input, Output> {
  private let inputCount: Int
  private let body: ([Tensor]) -> [Tensor]
  private let output: ([Tensor]) -> Output
  private let held = HeldSteps()
  /// Who took part so far.
  private var cast = StepCast()

  private init(
    _ inputCount: Int, _ body: @escaping ([Tensor]) -> [Tensor],
    _ output: @escaping ([Tensor]) -> Output
  ) {
    self.inputCount = inputCount
    self.body = body
    self.output = output
  }

  /// How many calls were replayed.
  public var replayCount: Int { held.replayCount }

  private func run(_ inputs: [Tensor]) -> Output {
    let recorder = Recorder.current
    if recorder.scope != nil || recorder.recording != nil { return output(body(inputs)) }
    let inputs = inputs.map { $0.node.isConstant ? $0.inMemory() : $0 }
    if let results = held.replay(0, inputs) { return output(results) }
    let recording = StepRecording()
    let results = held.record(0, inputs, recording) {
      cast.parts
    } variables: {
      cast.variables
    } _: {
      let results = body(inputs)
      Evaluation.run(results.map(\.node) + recording.cast.variables.map(\.latest.node))
      return results
    }
    cast.formUnion(recording.cast)
    return output(results)
  }
}

extension ReplayedStep where Input == Tensor {
  /// Makes a step of a closure of one tensor with one result.
  public convenience init(_ body: @escaping (Tensor) -> Tensor) where Output == Tensor {
    self.init(1, { [body($0[0])] }, { $0[0] })
  }

  /// Makes a step of a closure of one tensor with several results.
  public convenience init(_ body: @escaping (Tensor) -> [Tensor]) where Output == [Tensor] {
    self.init(1, { body($0[0]) }, { $0 })
  }

  /// Does the step.
  @discardableResult
  public func callAsFunction(_ x: Tensor) -> Output { run([x]) }
}

extension ReplayedStep where Input == (Tensor, Tensor) {
  /// Makes a step of a closure of two tensors, a batch and its targets, with one result: its loss.
  public convenience init(_ body: @escaping (Tensor, Tensor) -> Tensor) where Output == Tensor {
    self.init(2, { [body($0[0], $0[1])] }, { $0[0] })
  }

  /// Makes a step of a closure of two tensors, a batch and its targets, with several results.
  public convenience init(_ body: @escaping (Tensor, Tensor) -> [Tensor])
  where Output == [Tensor] {
    self.init(2, { body($0[0], $0[1]) }, { $0 })
  }

  /// Does the step.
  @discardableResult
  public func callAsFunction(_ x: Tensor, _ y: Tensor) -> Output { run([x, y]) }
}

extension ReplayedStep where Input == [Tensor] {
  /// Makes a step of a closure of a number of tensors with one result.
  public convenience init(inputs count: Int, _ body: @escaping ([Tensor]) -> Tensor)
  where Output == Tensor {
    self.init(count, { [body($0)] }, { $0[0] })
  }

  /// Makes a step of a closure of a number of tensors with several results.
  public convenience init(inputs count: Int, _ body: @escaping ([Tensor]) -> [Tensor])
  where Output == [Tensor] {
    self.init(count, body, { $0 })
  }

  /// Does the step; traps if there is another number of inputs than it was made for.
  @discardableResult
  public func callAsFunction(
    _ inputs: [Tensor], file: StaticString = #fileID, line: UInt = #line
  ) -> Output {
    check(
      inputs.count == inputCount,
      Diagnostic(
        "ReplayedStep", "it was made for another number of inputs", expected: "\(inputCount)",
        got: "\(inputs.count)"),
      file: file, line: line)
    return run(inputs)
  }
}
