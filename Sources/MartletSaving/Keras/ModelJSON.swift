import Foundation
import MartletFormats
import MartletTraining

extension Model {
  /// The model as Keras' JSON: its wiring, hyperparameters and how it is compiled, without weights.
  ///
  /// `keras.models.model_from_json` reads it, and `make(json:)`.
  ///
  /// - Throws: a `Diagnostic` for a subclass of `Model`, or a class without a configuration.
  public final func toJSON() throws -> String {
    String(decoding: try described("toJSON").json(), as: UTF8.self)
  }

  /// Makes a model, with fresh weights, from the JSON of `toJSON()` or of Keras' `to_json()`.
  ///
  /// - Parameters:
  ///   - json: The text.
  ///   - custom: The classes of layers that the library does not know, by their names in the text.
  ///   - compiling: Whether it is compiled as the text says.
  ///   - limits: `headerBytes` is the longest text that is read.
  /// - Throws: a `Diagnostic` for a text over the limit, or that names layer and key for what cannot
  ///   be understood.
  public static func make(
    json: String, custom: [String: any ConfigurableLayer.Type] = [:], compiling: Bool = true,
    limits: LoadLimits = LoadLimits()
  ) throws -> Model {
    guard json.utf8.count <= limits.headerBytes else {
      throw Diagnostic(
        "Model.make(json:)", "the text is longer than the limit",
        expected: "at most \(limits.headerBytes) bytes", got: "\(json.utf8.count)",
        fix: "raise LoadLimits.headerBytes if you trust this text")
    }
    let top = try ConfigurationValue(json: Data(json.utf8), of: "json")
    let model = try make(describedBy: top, in: "json", custom: custom)
    if compiling, let compile = top["compile_config"], compile != .null {
      try model.compile(fromKeras: compile)
    }
    return model
  }
}
