import MartletLayers
import MartletTensors

extension Optimizer: StepCounter {
  /// One step: changes variables by their gradients.
  ///
  /// Variables that are not trainable stay as they are. Traps, before anything changes, if there is
  /// not one gradient for each variable, of its shape and element type, or if one appears twice.
  ///
  /// - Parameters:
  ///   - gradients: The gradients of the loss, as `valueAndGradient(of: variables)` returns them.
  ///   - variables: What to change: all those of the loss, or some.
  public func apply(
    _ gradients: [Tensor], to variables: [Variable], file: StaticString = #fileID,
    line: UInt = #line
  ) {
    if let mistake = mistake(gradients, variables) { trap(mistake, file: file, line: line) }
    if variables.isEmpty { return Replay.refuse() }
    if !isReplayable { Replay.refuse() }
    Replay.note([changes])
    Replay.note(self)
    var found = variables.indices.map { place(of: variables[$0], near: $0) }
    if found.contains(nil) {
      let known = builtVariables ?? []
      let late = zip(variables, found).compactMap { $1 == nil ? $0 : nil }
      build(for: known + late, file: file, line: line)
      found = variables.indices.map { place(of: variables[$0], near: $0) }
    }
    // In the order of the variables no place can come twice.
    if zip(found, found.dropFirst()).contains(where: { $0! >= $1! }), Set(found).count < found.count
    {
      trap(
        Diagnostic(
          kerasName, "a variable appears twice", got: variables.map(\.name).joined(separator: ", ")),
        file: file, line: line)
    }
    var work: [Update] = []
    work.reserveCapacity(variables.count)
    for (index, place) in found.enumerated() where variables[index].isTrainable {
      work.append(
        Update(variable: variables[index], place: place!, gradient: gradients[index]))
    }
    unscale(&work)
    if accumulate(&work) {
      clip(&work)
      updateAll(work)
    }
    if useEMA { average() }
    for update in work {
      if let constraint = update.variable.constraint {
        if !update.variable.isConstraintReplayable { Replay.refuse() }
        update.variable.assign(constraint(update.variable.value))
      }
    }
    stepsDone += 1
  }

  /// What of a step depends on its number, besides numbers that are computed: whether it is time for
  /// an update, whether averages begin, whether variables take their values.
  package var phase: Int {
    if gradientAccumulationSteps == nil && !useEMA { return 0 }
    return (isTimeToUpdate ? 1 : 0) + (useEMA && iterations == 0 ? 2 : 0)
      + (useEMA && averagesOverwrite ? 4 : 0)
  }

  /// Whether this step uses the gradients that were added up.
  private var isTimeToUpdate: Bool {
    gradientAccumulationSteps.map { (stepsDone + 1) % $0 == 0 } ?? true
  }

  /// Whether variables take the values of their averages at the end of this step.
  private var averagesOverwrite: Bool {
    emaOverwriteFrequency.map { (iterations + 1) % $0 == 0 } ?? false
  }

  /// Notes the numbers of the step that comes now.
  package func moveToPresent() {
    Replay.aside {
      present.learningRate = learningRate
      present.number = iterations + 1
    }
  }

  /// What a step may assign, besides the weights.
  var stepVariables: [Variable] {
    states.flatMap { [$0.average, $0.accumulator].compactMap { $0 } + $0.slots } + ownVariables
  }

  /// Gives the variables the values of their averages, if it keeps them: the end of a training.
  public func finalizeVariables() {
    guard useEMA, let builtVariables else { return }
    for (variable, state) in zip(builtVariables, states) {
      if let average = state.average { variable.assign(average.value) }
    }
  }

  /// A variable, where it stands, and its gradient.
  private struct Update {
    let variable: Variable
    let place: Int
    var gradient: Tensor
  }

  private func mistake(_ gradients: [Tensor], _ variables: [Variable]) -> Diagnostic? {
    if gradients.count != variables.count {
      return Diagnostic(
        kerasName, "there is not one gradient for each variable",
        expected: "\(variables.count) gradients", got: "\(gradients.count)")
    }
    for (gradient, variable) in zip(gradients, variables)
    where gradient.shape != variable.shape || gradient.dtype != variable.dtype {
      return Diagnostic(
        kerasName, "the gradient of \"\(variable.name)\" does not fit it",
        expected: "\(variable.dtype) \(variable.shape)",
        got: "\(gradient.dtype) \(gradient.shape)",
        fix: "give gradients in the order of the variables")
    }
    return nil
  }

  private func unscale(_ work: inout [Update]) {
    guard let lossScaleFactor else { return }
    for index in work.indices { work[index].gradient = work[index].gradient / lossScaleFactor }
  }

  /// Adds gradients to those of earlier steps; says whether it is time for an update, and leaves
  /// the means then.
  private func accumulate(_ work: inout [Update]) -> Bool {
    guard let steps = gradientAccumulationSteps else { return true }
    let isTime = isTimeToUpdate
    for index in work.indices {
      guard let accumulator = states[work[index].place].accumulator else { continue }
      let sum = work[index].gradient + accumulator.value
      accumulator.assign(isTime ? .zeros(like: sum) : sum)
      work[index].gradient = sum / Double(steps)
    }
    return isTime
  }

  private func clip(_ work: inout [Update]) {
    if let clipNorm {
      for index in work.indices {
        work[index].gradient = clipped(work[index].gradient, toNorm: clipNorm)
      }
    } else if let globalClipNorm {
      let gradients = clipped(work.map(\.gradient), toGlobalNorm: globalClipNorm)
      for index in work.indices { work[index].gradient = gradients[index] }
    } else if let clipValue {
      for index in work.indices {
        work[index].gradient = work[index].gradient.clipped(to: -clipValue, clipValue)
      }
    }
  }

  private func updateAll(_ work: [Update]) {
    moveToPresent()
    let step = OptimizerStep(present)
    prepare(step)
    for update in work {
      let variable = update.variable
      var weight = variable.value
      if let decay = weightDecay(of: variable), decays(variable) {
        weight = weight - weight * step.scalar(weight.dtype) { decay * $0.learningRate }
      }
      let kept = states[update.place].slots
      var slots = OptimizerSlots(states[update.place].names, kept.map(\.value))
      variable.assign(
        self.update(weight, gradient: update.gradient, slots: &slots, step: step))
      for (slot, value) in zip(kept, slots.values) { slot.assign(value) }
    }
  }

  private func average() {
    guard let builtVariables else { return }
    // The first step's average is the variable itself.
    let kept = iterations == 0 ? 0 : emaMomentum
    let overwrites = averagesOverwrite
    for (variable, state) in zip(builtVariables, states) {
      guard let average = state.average else { continue }
      average.assign(average.value * kept + variable.value * (1 - kept))
      if overwrites { variable.assign(average.value) }
    }
  }
}
