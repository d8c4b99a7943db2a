import Foundation
import MartletTensors

/// The predictions of a model as it was when they were frozen, which any number of tasks may ask for
/// at once.
///
/// A model belongs to one task at a time; serving requests from several wants this:
///
///     let predictor = try model.frozen()
///     let answers = try await withThrowingTaskGroup(of: Tensor.self) { group in … predictor.predict(x) … }
///
/// Predictions have the bits of `model.predict`, whoever else asks: of two that run at once, the
/// second runs on its caller's thread alone. The first two for each shape of inputs are recorded one
/// after the other; models with code of the user's own that is not `isReplayable`, or with layers
/// that are stateful, are always run so.
///
/// Unchecked `Sendable`: nobody else has the model, which is used under the lock; a held step only
/// reads its weights, which nobody sets.
public final class Predictor: @unchecked Sendable {
  private let lock = NSLock()
  private let model: Model
  private let tables: [IndexedTable]
  private let inputNames: [String]

  /// - Parameter model: a model that nothing else refers to.
  init(owning model: Model) {
    self.model = model
    (tables, inputNames) = (model.indexedTables, model.inputNames)
  }

  /// The prediction for samples along the first axis, all in one batch.
  ///
  /// - Throws: a `Diagnostic` for data that do not fit, or a model of several inputs or outputs.
  public func predict(_ x: Tensor) throws -> Tensor {
    let found = try predict([x])
    if found.count == 1 { return found[0] }
    throw Diagnostic(
      "predict", "the model has several outputs", expected: "one", got: "\(found.count)",
      fix: "pass a list of inputs: the result is then a list of tensors")
  }

  /// The predictions for several inputs, one tensor for each output.
  ///
  /// - Throws: a `Diagnostic` for data that do not fit.
  public func predict(_ inputs: [Tensor]) throws -> [Tensor] {
    try checkIndices(inputs, tables, inputNames, "predict")
    for replay in lock.withLock({ model.heldPredictions.held(inputs.count, inputs) }) {
      if let predictions = replay() { return predictions }
    }
    return try lock.withLock { try model.predictOnBatch(inputs) }
  }
}

extension Model {
  /// A copy of the model for predictions alone, which tasks may share; training goes on without it.
  ///
  /// - Parameter custom: The classes of layers of the program's own.
  /// - Throws: a `Diagnostic` if the model has no weights yet, or a layer that cannot be made from
  ///   its configuration.
  public final func frozen(
    custom: [String: any ConfigurableLayer.Type] = [:]
  ) throws -> Predictor {
    if !isBuilt {
      throw Diagnostic(
        name, "the model has no weights to freeze yet", expected: "a model that is built",
        got: "layers without shapes", fix: "begin it with Input(shape:), or fit it first")
    }
    let copy = try clone(custom: custom)
    try copy.setWeights(getWeights().map { $0.evaluated() })
    return Predictor(owning: copy)
  }
}
