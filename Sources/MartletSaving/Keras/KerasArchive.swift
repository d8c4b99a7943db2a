import Foundation
import MartletFormats
import MartletTraining

extension Model {
  /// Writes the model to a `.keras` file, which Keras 3 opens: wiring, weights, and, where it is
  /// compiled, loss, metrics, and the optimizer with its state.
  ///
  /// The old file or the new one stands, never a part.
  ///
  /// - Throws: a `Diagnostic` for another ending, a model that is not built, or a class of its own
  ///   without a configuration; `FormatError` where the file cannot be written.
  public final func save(to path: String, in files: some FileSystem = .disk) throws {
    guard path.hasSuffix(".keras") else {
      throw Diagnostic(
        "save", "the ending of the file is not known", expected: ".keras", got: path,
        fix: "saveWeights writes .weights.h5 and .safetensors")
    }
    try requireBuilt("save")
    let top = try described("save")
    let metadata: ConfigurationValue = .object([
      "keras_version": .string("3.15.1"), "date_saved": .string(Self.now),
    ])
    let weights = try WeightTree(self).file(optimizer: optimizer).fileContent()
    try Zip.write(
      [
        Zip.Entry("metadata.json", Array(try metadata.json())),
        Zip.Entry("config.json", Array(try top.json())),
        Zip.Entry("model.weights.h5", weights),
      ], to: URL(filePath: path), in: files)
  }

  /// The model as Keras describes one: wiring, and how it is compiled.
  final func described(_ who: String) throws -> ConfigurationValue {
    guard self is Sequential || !inputs.isEmpty else {
      throw Diagnostic(
        who, "a subclass of Model cannot be saved with its wiring",
        expected: "a Sequential or functional model", got: kerasName,
        fix: "save its weights with saveWeights")
    }
    var top: [String: ConfigurationValue] = ["build_config": .null]
    if case .object(let object) = ConfigurationValue.configuration(configuration).withModules(
      "keras")
    {
      top.merge(object) { $1 }
    }
    if let compilation { top["compile_config"] = try compilation.kerasConfiguration }
    return .object(top)
  }

  private static var now: String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.dateFormat = "yyyy-MM-dd@HH:mm:ss"
    return formatter.string(from: Date())
  }

  /// Reads a model from a `.keras` file that `save` or Keras 3 wrote.
  ///
  /// - Parameters:
  ///   - custom: The classes of layers that the library does not know, by their names in the file.
  ///   - compiling: Whether optimizer (with its state), loss and metrics are taken over too.
  ///   - limits: How much a file may ask for.
  /// - Throws: `FormatError` for a damaged file, a `Diagnostic` that names layer and key for what
  ///   cannot be understood. Code in a file is never run.
  public static func load(
    from path: String, custom: [String: any ConfigurableLayer.Type] = [:], compiling: Bool = true,
    limits: LoadLimits = LoadLimits()
  ) throws -> Model {
    let zip = try Zip(contentsOf: URL(filePath: path), limits: limits)
    let json = Data(try zip.bytes(of: "config.json"))
    let top = try ConfigurationValue(json: json, of: path + "/config.json")
    let model = try make(describedBy: top, in: path + "/config.json", custom: custom)
    let root = try HDF5Group(zip.bytes(of: "model.weights.h5"), limits: limits, source: path)
    if model.isBuilt { _ = try model.load(WeightSource(root), skipMismatch: false, from: path) }
    if compiling, let compile = top["compile_config"], compile != .null {
      try model.compile(fromKeras: compile)
      try model.restoreOptimizer(root, path)
    }
    return model
  }

  /// Makes a model as Keras describes one, not compiled, and builds it if its shape is told.
  static func make(
    describedBy top: ConfigurationValue, in file: String,
    custom: [String: any ConfigurableLayer.Type]
  ) throws -> Model {
    guard let configuration = top.asConfiguration, case .object = top else {
      throw Diagnostic(file, "the text describes no model", expected: "class_name and config")
    }
    let model = try Model.make(wiredBy: configuration, custom: custom)
    if !model.isBuilt, case .list(let shape)? = top["build_config"]?["input_shape"] {
      try model.build(for: [shape.map(\.asInt)])
    }
    return model
  }

  /// Gives the optimizer the state it had when the file was written.
  private final func restoreOptimizer(_ root: HDF5Group, _ path: String) throws {
    guard let optimizer, let group = root.group(at: "optimizer/vars"), isBuilt else { return }
    let trainable = trainableVariables
    if trainable.isEmpty { return }
    // One that has not been used yet has a count of steps and a rate, no more; Keras builds it too.
    let unused = optimizer.variables
    optimizer.build(for: trainable)
    let variables =
      group.datasets.count == unused.count ? unused : optimizer.variables
    guard group.datasets.count == variables.count else {
      throw Diagnostic(
        path, "the state of the optimizer is not that of the trainable weights",
        expected: "\(variables.count) tensors in optimizer/vars for \(optimizer.kerasName)",
        got: "\(group.datasets.count)",
        fix: "pass compiling: false and compile the model, which then trains from a fresh optimizer"
      )
    }
    let values = try variables.enumerated().map { index, variable in
      guard let dataset = group.datasets["\(index)"], dataset.shape == variable.shape else {
        throw Diagnostic(
          path, "the state of the optimizer does not fit",
          expected: "\(variable.name) \(variable.shape) at optimizer/vars/\(index)",
          got: group.datasets["\(index)"].map { "\($0.shape)" } ?? "nothing")
      }
      return try Tensor(try dataset.array()).cast(to: variable.dtype)
    }
    for (variable, value) in zip(variables, values) { variable.assign(value) }
  }
}

extension ConfigurationValue {
  subscript(key: String) -> ConfigurationValue? {
    if case .object(let object) = self { object[key] } else { nil }
  }
}

extension Compilation {
  /// What Keras calls the compile configuration.
  fileprivate var kerasConfiguration: ConfigurationValue {
    get throws {
      func described(_ configuration: Configuration, _ module: String) -> ConfigurationValue {
        ConfigurationValue.configuration(configuration).withModules(module)
      }
      let losses = losses.map { loss -> ConfigurationValue in
        loss.map { described($0.configuration, "keras.losses") } ?? .null
      }
      func described(_ groups: [[Metric]]) -> ConfigurationValue {
        let lists = groups.map { group in
          ConfigurationValue.list(
            group.map { metric in
              // "accuracy" and its kin choose by shapes: Keras keeps the text.
              metric.configuration.className == "accuracy"
                ? .string(metric.name) : described(metric.configuration, "keras.metrics")
            })
        }
        return lists.count == 1 ? lists[0] : .list(lists)
      }
      return .object([
        "optimizer": described(optimizer.configuration, "keras.optimizers"),
        "loss": losses.count == 1 ? losses[0] : .list(losses),
        "loss_weights": lossWeights.allSatisfy { $0 == 1 } ? .null : .numbers(lossWeights),
        "metrics": metrics.allSatisfy(\.isEmpty) ? .null : described(metrics),
        "weighted_metrics": weightedMetrics.allSatisfy(\.isEmpty)
          ? .null : described(weightedMetrics),
        "run_eagerly": .bool(false), "steps_per_execution": .int(1), "jit_compile": .bool(false),
      ])
    }
  }
}

extension Model {
  /// Compiles the model as a file says.
  final func compile(fromKeras value: ConfigurationValue) throws {
    let count = Swift.max(outputs.count, 1)
    /// One entry for each output, from one, a list, or a dictionary by name.
    func spread(_ key: String) -> [ConfigurationValue?] {
      switch value[key] {
      case nil, .null?: return Array(repeating: nil, count: count)
      case .list(let list)? where count > 1 && list.count == count: return list
      case .object(let object)? where object["class_name"] == nil:
        return outputNames.map { object[$0] }
      case let one?: return Array(repeating: one, count: count)
      }
    }
    func metrics(_ key: String) throws -> [[Metric]] {
      try spread(key).map { entry in
        switch entry {
        case nil, .null?: return []
        case .list(let list)?: return try list.map(metric)
        case let one?: return [try metric(one)]
        }
      }
    }
    func metric(_ value: ConfigurationValue) throws -> Metric {
      if let name = value.asString { return try Metric.named(name) }
      guard let configuration = value.asConfiguration else {
        throw Diagnostic("compile_config", "a metric is of no known kind", got: "\(value)")
      }
      return try Metric.configured(by: configuration)
    }
    let losses = try spread("loss").map { entry -> Loss? in
      guard let configuration = entry?.asConfiguration else { return nil }
      return try Loss(configuration: configuration)
    }
    let weights = spread("loss_weights").map { $0?.asNumber ?? 1 }
    guard let optimizer = value["optimizer"]?.asConfiguration else { return }
    try compile(
      optimizer: try Optimizer.make(optimizer), losses: losses, lossWeights: weights,
      metrics: try metrics("metrics"), weightedMetrics: try metrics("weighted_metrics"))
  }
}
