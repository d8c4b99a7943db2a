import MartletLayers
import MartletTensors

/// What changes variables by their gradients: the base of `SGD`, `Adam` and the others.
///
/// An optimizer is its equation (`update`) and the tensors it keeps for each variable (`slots`).
/// Everything else is here, once, in Keras' order: gradients are divided by the scale of the loss,
/// accumulated and clipped; weights decay; each variable is updated; averages follow; constraints
/// hold; `iterations` counts.
///
///     final class SignDescent: Optimizer {
///       override func update(
///         _ weight: Tensor, gradient: Tensor, slots: inout OptimizerSlots, step: OptimizerStep
///       ) -> Tensor {
///         weight - gradient.sign() * step.learningRate
///       }
///     }
///
/// A step records a few operations for each variable and computes nothing; the next value that is
/// read computes it all. Numbers that change from step to step are inputs of its plan, so every step
/// of a training runs the same plan.
open class Optimizer {
  /// The optimizer's name.
  public var name: String
  /// The part of a weight, times the learning rate, that is taken from it in each step before its
  /// update (decoupled decay, Loshchilov and Hutter, 2019); nil is none.
  public var weightDecay: Double? { didSet { changes.add() } }
  /// The longest gradient of a variable; nil is no limit.
  public internal(set) var clipNorm: Double?
  /// The largest absolute value of a gradient's element; nil is no limit.
  public internal(set) var clipValue: Double?
  /// The longest that all gradients together may be; nil is no limit.
  public internal(set) var globalClipNorm: Double?
  /// Whether it keeps an exponential moving average of each variable, which `finalizeVariables`
  /// assigns at the end of training.
  public internal(set) var useEMA: Bool
  /// The part of the average that remains in each step.
  public internal(set) var emaMomentum: Double
  /// The number of steps after which variables take the values of their averages; nil is never.
  public internal(set) var emaOverwriteFrequency: Int?
  /// What `scaled(_:)` multiplies the loss by, and gradients are divided by; nil is 1.
  public internal(set) var lossScaleFactor: Double?
  /// The number of steps whose gradients are averaged to one update; nil is 1.
  public internal(set) var gradientAccumulationSteps: Int?
  /// The schedule of the learning rate, if it has one.
  public private(set) var schedule: (any LearningRateSchedule)?

  /// The variables it was built for, in order.
  public private(set) var builtVariables: [Variable]?
  private var places: [ObjectIdentifier: Int] = [:]
  private let iterationVariable: Variable
  private var learningRateVariable: Variable?
  /// What is kept for each of the variables.
  private(set) var states: [State] = []
  private(set) var ownVariables: [Variable] = []
  /// What was set of the hyperparameters.
  let changes = Changes()
  /// The numbers of the step that is recorded or replayed.
  let present = PresentStep()
  private var undecayedVariables: Set<ObjectIdentifier> = []
  private var undecayedNames: [String] = []
  private var roundedRate: (bits: UInt32, value: Double) = (0, 0)

  /// Creates an optimizer.
  ///
  /// Traps if more than one kind of clipping is asked for, or if a number is out of range.
  ///
  /// - Parameters:
  ///   - learningRate: A number or a schedule. A number is kept with the digits of `float32`.
  ///   - weightDecay: The part of a weight, times the learning rate, taken from it in each step.
  ///   - clipNorm: The longest gradient of a variable.
  ///   - clipValue: The largest absolute value of a gradient's element.
  ///   - globalClipNorm: The longest that all gradients together may be.
  ///   - useEMA: Whether to keep a moving average of each variable.
  ///   - emaMomentum: The part of the average that remains in each step.
  ///   - emaOverwriteFrequency: After how many steps variables take the values of their averages.
  ///   - lossScaleFactor: What the loss was multiplied by before its gradients were taken.
  ///   - gradientAccumulationSteps: Of how many steps gradients are averaged to one update; 2 or
  ///     more.
  ///   - name: Its name; nil is the type's.
  public init(
    learningRate: any LearningRate = 0.001, weightDecay: Double? = nil, clipNorm: Double? = nil,
    clipValue: Double? = nil, globalClipNorm: Double? = nil, useEMA: Bool = false,
    emaMomentum: Double = 0.99, emaOverwriteFrequency: Int? = nil,
    lossScaleFactor: Double? = nil, gradientAccumulationSteps: Int? = nil, name: String? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    self.name = name ?? snakeCase("\(Self.self)")
    self.weightDecay = weightDecay
    self.clipNorm = clipNorm
    self.clipValue = clipValue
    self.globalClipNorm = globalClipNorm
    self.useEMA = useEMA
    self.emaMomentum = emaMomentum
    self.emaOverwriteFrequency = emaOverwriteFrequency
    self.lossScaleFactor = lossScaleFactor
    self.gradientAccumulationSteps = gradientAccumulationSteps
    iterationVariable = Variable(
      Tensor([Int64(0)], shape: [], dtype: .int64), name: "iteration", isTrainable: false)
    setLearningRate(learningRate)
    if let mistake = commonMistake { trap(mistake, file: file, line: line) }
  }

  // MARK: What a kind of optimizer says of itself

  /// Keras' name of the class.
  open var kerasName: String { "\(Self.self)" }

  /// The hyperparameters of its own, under Keras' names.
  open var hyperparameters: [String: ConfigurationValue] { [:] }

  /// The tensors it keeps for a variable, in groups; as many groups for every variable.
  ///
  /// Files keep group after group, and in a group the slots of the first variable before those of the
  /// second.
  open func slots(for variable: Variable) -> [[Slot]] { [] }

  /// State that belongs to no variable; files keep it last.
  open func makeVariables(dtype: DType) -> [Variable] { [] }

  /// Whether all steps record the same operations, but for numbers made by `OptimizerStep.scalar`.
  ///
  /// They are then replayed. The library's optimizers say yes, others no.
  open var isReplayable: Bool { Replay.isLibrary(self, module: "MartletTraining") }

  /// Called once in each step, before the first update.
  open func prepare(_ step: OptimizerStep) {}

  /// The equation: a variable's next value; it assigns the slots theirs.
  ///
  /// - Parameters:
  ///   - weight: The value of the variable, decayed.
  ///   - gradient: Its gradient, unscaled and clipped.
  ///   - slots: Its slots.
  ///   - step: Learning rate and number of the step. They, and what you compute of them in Swift,
  ///     may change from step to step at no cost.
  open func update(
    _ weight: Tensor, gradient: Tensor, slots: inout OptimizerSlots, step: OptimizerStep
  ) -> Tensor {
    trap(
      Diagnostic(
        kerasName, "it has no equation", fix: "override update(_:gradient:slots:step:)"),
      file: #fileID, line: #line)
  }

  // MARK: Learning rate and time

  /// The learning rate of the next step; assigning traps if a schedule gives it.
  public var learningRate: Double {
    get {
      guard let learningRateVariable else { return schedule!.learningRate(at: stepsDone) }
      let rate = learningRateVariable.value.withElements(of: Float.self) { $0[0] }
      if rate.bitPattern != roundedRate.bits {
        // The shortest number of this float32, so that 0.001 comes back as 0.001.
        roundedRate = (rate.bitPattern, Double(rate.description) ?? Double(rate))
      }
      return roundedRate.value
    }
    set {
      guard schedule == nil else {
        trap(
          Diagnostic(
            kerasName, "its learning rate cannot be set: a schedule gives it",
            got: "\(newValue) for \(schedule!.configuration.className)",
            fix: "use setLearningRate(_:), or make the optimizer with a number"),
          file: #fileID, line: #line)
      }
      setLearningRate(newValue)
    }
  }

  /// Replaces the learning rate, or its schedule, by a number or a schedule.
  public func setLearningRate(_ rate: any LearningRate) {
    if let rate = rate as? any LearningRateSchedule {
      schedule = rate
      learningRateVariable = nil
    } else {
      schedule = nil
      let value = Tensor(Float(rate.learningRate(at: 0)))
      if let learningRateVariable {
        learningRateVariable.assign(value)
      } else {
        learningRateVariable = Variable(value, name: "learning_rate", isTrainable: false)
      }
    }
  }

  /// The number of updates done.
  public var iterations: Int { stepsDone / (gradientAccumulationSteps ?? 1) }

  /// The number of times gradients were applied; more than `iterations` if they are accumulated.
  public package(set) var stepsDone: Int {
    get {
      Replay.aside { Int(iterationVariable.value.withElements(of: Int64.self) { $0[0] }) }
    }
    set { Replay.aside { iterationVariable.store(Int64(newValue)) } }
  }

  /// The loss times `lossScaleFactor`: what to differentiate if there is one.
  public func scaled(_ loss: Tensor) -> Tensor { lossScaleFactor.map { loss * $0 } ?? loss }

  // MARK: State

  /// Whether it has its slots.
  public var isBuilt: Bool { builtVariables != nil }

  /// Makes the slots for variables; `apply` does it too for those it does not know.
  ///
  /// Variables that come later get fresh slots, and earlier ones keep theirs: a layer that training
  /// leaves alone at first can take part later. Traps if a variable appears twice, or does not hold
  /// floating point numbers.
  public func build(
    for variables: [Variable], file: StaticString = #fileID, line: UInt = #line
  ) {
    let known = builtVariables ?? []
    if isBuilt && known.elementsEqual(variables, by: ===) { return }
    var newPlaces: [ObjectIdentifier: Int] = [:]
    for (index, variable) in variables.enumerated() {
      let isNew = newPlaces.updateValue(index, forKey: ObjectIdentifier(variable)) == nil
      if isNew && variable.dtype.isFloating { continue }
      trap(
        Diagnostic(
          kerasName,
          isNew ? "a variable is not of floating point numbers" : "a variable appears twice",
          got: "\"\(variable.name)\" \(variable.dtype) \(variable.shape)"),
        file: file, line: line)
    }
    var all = variables
    for variable in known where newPlaces[ObjectIdentifier(variable)] == nil {
      newPlaces[ObjectIdentifier(variable)] = all.count
      all.append(variable)
    }
    var newStates: [State] = []
    for variable in all {
      if let place = places[ObjectIdentifier(variable)] {
        newStates.append(states[place])
      } else {
        newStates.append(makeState(for: variable))
      }
    }
    changes.add()
    (states, places) = (newStates, newPlaces)
    if !isBuilt { ownVariables = makeVariables(dtype: variables.first?.dtype ?? .float32) }
    builtVariables = all
  }

  /// What undoes a build that has not come yet.
  func undoOfBuild() -> () -> Void {
    let before = (states, places, builtVariables, ownVariables)
    return { [self] in
      changes.add()
      (states, places, builtVariables, ownVariables) = before
    }
  }

  /// All state, in the order of Keras' files; assigning to it restores it.
  ///
  /// The count of steps, the learning rate (unless a schedule gives it), averages, accumulated
  /// gradients, slots.
  public var variables: [Variable] {
    var all = [iterationVariable]
    if let learningRateVariable { all.append(learningRateVariable) }
    all += states.compactMap(\.average) + states.compactMap(\.accumulator)
    for group in 0..<(states.map(\.groups.count).max() ?? 0) {
      for state in states where group < state.groups.count { all += state.groups[group] }
    }
    return all + ownVariables
  }

  /// Leaves variables out of the weight decay.
  ///
  /// - Parameters:
  ///   - variables: Those to leave out.
  ///   - names: Parts of names; a variable whose name contains one is left out: "bias", "gamma".
  public func excludeFromWeightDecay(variables: [Variable] = [], names: [String] = []) {
    undecayedVariables.formUnion(variables.map { ObjectIdentifier($0) })
    undecayedNames += names
    changes.add()
  }

  /// Whether the weight decay applies to a variable.
  func decays(_ variable: Variable) -> Bool {
    if undecayedVariables.contains(ObjectIdentifier(variable)) { return false }
    return undecayedNames.allSatisfy { !variable.name.contains($0) }
  }

  /// The weight decay of a variable; nil if it has none.
  open func weightDecay(of variable: Variable) -> Double? { weightDecay }

  /// The place of a variable among those it was built for.
  func place(of variable: Variable, near index: Int) -> Int? {
    if let builtVariables, index < builtVariables.count, builtVariables[index] === variable {
      return index
    }
    return places[ObjectIdentifier(variable)]
  }

  /// What is kept for one variable.
  struct State {
    var average: Variable?
    var accumulator: Variable?
    /// The slots as `slots(for:)` groups them.
    var groups: [[Variable]]
    /// The slots in one list, and their names.
    var slots: [Variable]
    var names: [String]
  }

  private func makeState(for variable: Variable) -> State {
    let described = slots(for: variable)
    let groups = described.map { group in group.map { make($0, for: variable) } }
    let average = useEMA ? make("average", for: variable) : nil
    // That of a variable which comes later has no first step of its own to begin with.
    if stepsDone > 0 { average?.assign(variable.value) }
    return State(
      average: average,
      accumulator: gradientAccumulationSteps == nil
        ? nil : make("gradient_accumulator", for: variable),
      groups: groups, slots: Array(groups.joined()), names: described.joined().map(\.name))
  }

  private func make(_ slot: Slot, for variable: Variable) -> Variable {
    // Memory that is filled here and now: a first step has no operations that others lack.
    let shape = slot.shape ?? variable.shape
    let value =
      variable.dtype == .float64
      ? Tensor(shape: shape, of: Double.self) { $0.update(repeating: slot.initialValue) }
      : Tensor(shape: shape, of: Float.self) { $0.update(repeating: Float(slot.initialValue)) }
    return Variable(
      value, name: variable.name.replacing("/", with: "_") + "_" + slot.name, isTrainable: false)
  }
}
