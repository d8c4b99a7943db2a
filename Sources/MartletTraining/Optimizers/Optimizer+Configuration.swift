import MartletLayers
import MartletTensors

extension Optimizer {
  /// Keras' name of the class and all hyperparameters; the learning rate is that of now, or the
  /// schedule's configuration.
  public var configuration: Configuration {
    let rate: ConfigurationValue =
      schedule.map { .configuration($0.configuration) } ?? .number(learningRate)
    let common: [String: ConfigurationValue] = [
      "name": .string(name), "learning_rate": rate, "weight_decay": .optional(weightDecay),
      "clipnorm": .optional(clipNorm), "global_clipnorm": .optional(globalClipNorm),
      "clipvalue": .optional(clipValue), "use_ema": .bool(useEMA),
      "ema_momentum": .number(emaMomentum),
      "ema_overwrite_frequency": .optional(emaOverwriteFrequency),
      "loss_scale_factor": .optional(lossScaleFactor),
      "gradient_accumulation_steps": .optional(gradientAccumulationSteps),
    ]
    return Configuration(kerasName, common.merging(hyperparameters) { _, own in own })
  }

  /// Takes the hyperparameters that every optimizer has from a configuration, for the
  /// `init(configuration:)` of a kind of optimizer; those that are missing stay as they are.
  ///
  /// Throws if one is of another kind or out of range.
  public func adopt(_ given: Configuration) throws(Diagnostic) {
    if let schedule = given["learning_rate"]?.asConfiguration {
      setLearningRate(try LearningRateSchedules.make(schedule))
    } else {
      setLearningRate(try given.number("learning_rate", default: learningRate))
    }
    name = try given.string("name", default: name)
    if given.values["weight_decay"] != nil {
      weightDecay = try given.optionalNumber("weight_decay")
    }
    clipNorm = try given.optionalNumber("clipnorm")
    clipValue = try given.optionalNumber("clipvalue")
    globalClipNorm = try given.optionalNumber("global_clipnorm")
    useEMA = try given.bool("use_ema", default: false)
    emaMomentum = try given.number("ema_momentum", default: 0.99)
    emaOverwriteFrequency = try given.optionalInt("ema_overwrite_frequency")
    lossScaleFactor = try given.optionalNumber("loss_scale_factor")
    gradientAccumulationSteps = try given.optionalInt("gradient_accumulation_steps")
    changes.add()
    if let commonMistake { throw commonMistake }
  }

  /// What is wrong with the hyperparameters that every optimizer has.
  var commonMistake: Diagnostic? {
    func mistake(_ what: String, _ expected: String, _ got: Any) -> Diagnostic {
      Diagnostic(kerasName, what, expected: expected, got: "\(got)")
    }
    let limits = [clipNorm, clipValue, globalClipNorm].compactMap { $0 }
    if limits.count > 1 {
      return Diagnostic(
        kerasName, "gradients can be clipped in one way only",
        expected: "one of clipNorm, clipValue and globalClipNorm", got: "\(limits.count) of them")
    }
    if let limit = limits.first, !(limit > 0) {
      return mistake("the limit of gradients is out of range", "a number above 0", limit)
    }
    if !(0...1).contains(emaMomentum) {
      return mistake("emaMomentum is out of range", "a number from 0 to 1", emaMomentum)
    }
    if let frequency = emaOverwriteFrequency, frequency < 1 {
      return mistake("emaOverwriteFrequency is out of range", "1 or more", frequency)
    }
    if let steps = gradientAccumulationSteps, steps < 2 {
      return mistake("gradientAccumulationSteps is out of range", "2 or more, or nil", steps)
    }
    if let factor = lossScaleFactor, !(factor > 0 && factor.isFinite) {
      return mistake("lossScaleFactor is out of range", "a number above 0", factor)
    }
    return nil
  }

  /// The optimizer that a configuration describes; throws if there is none of its name, listing
  /// those there are, or if a hyperparameter is of another kind or out of range.
  public static func make(_ configuration: Configuration) throws(Diagnostic) -> Optimizer {
    try table.make(configuration)
  }

  /// The optimizer of one of Keras' names, with its defaults; throws if there is none, listing those
  /// there are.
  public static func make(named name: String) throws(Diagnostic) -> Optimizer {
    try table.make(Configuration(name))
  }

  private typealias Entry = NameTable<Optimizer>.Entry
  private static let table = NameTable<Optimizer>(
    "optimizer",
    [
      Entry("SGD") { (given) throws(Diagnostic) in try SGD(configuration: given) },
      Entry("Adadelta") { (given) throws(Diagnostic) in try Adadelta(configuration: given) },
      Entry("Adafactor") { (given) throws(Diagnostic) in try Adafactor(configuration: given) },
      Entry("Adagrad") { (given) throws(Diagnostic) in try Adagrad(configuration: given) },
      Entry("Adam") { (given) throws(Diagnostic) in try Adam(configuration: given) },
      Entry("AdamW") { (given) throws(Diagnostic) in try AdamW(configuration: given) },
      Entry("Adamax") { (given) throws(Diagnostic) in try Adamax(configuration: given) },
      Entry("Ftrl") { (given) throws(Diagnostic) in try Ftrl(configuration: given) },
      Entry("Lamb") { (given) throws(Diagnostic) in try Lamb(configuration: given) },
      Entry("Lion") { (given) throws(Diagnostic) in try Lion(configuration: given) },
      Entry("Muon") { (given) throws(Diagnostic) in try Muon(configuration: given) },
      Entry("Nadam") { (given) throws(Diagnostic) in try Nadam(configuration: given) },
      Entry("RMSprop") { (given) throws(Diagnostic) in try RMSprop(configuration: given) },
    ])
}
