import Foundation
import MartletFormats
import MartletLayers
import MartletTensors

/// One case of the vectors that Keras made: an object to make, what to give it, what it must give.
///
/// Generator/README.md says what the keys of a row mean.
public struct KerasCase: Sendable {
  /// The name of the case, `Dense-3`.
  public let name: String
  /// What is made: `layer`, `loss`, `metric` and so on.
  public let kind: String
  /// The object to make, from Keras' names.
  public let configuration: Configuration
  /// How results are compared.
  public let rule: KerasRule
  /// The row of the manifest.
  public let row: [String: ConfigurationValue]
  private let tensors: [String: Tensor]

  /// Where the files are.
  public static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Vectors")

  /// The names of all families.
  public static func families() throws -> [String] {
    try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "json" }
      .map { $0.deletingPathExtension().lastPathComponent }.sorted()
  }

  /// The cases of a family's two files.
  public static func read(_ family: String) throws -> [KerasCase] {
    let file = try SafeTensors(contentsOf: folder.appending(path: family + ".safetensors"))
    let manifest = try Data(contentsOf: folder.appending(path: family + ".json"))
    return try JSONDecoder().decode([JSONObject].self, from: manifest).map {
      try KerasCase($0.values, file)
    }
  }

  /// The rows of a file that Keras wrote with TensorFlow's help; they have no tensors.
  public static func rows(onTensorFlow name: String) throws -> [Configuration] {
    let file = folder.appending(path: "tensorflow/\(name).json")
    return try JSONDecoder().decode([JSONObject].self, from: try Data(contentsOf: file)).map {
      Configuration(name, $0.values)
    }
  }

  /// The cases of several families, by class.
  public static func byClass(_ families: [String]) throws -> [String: [KerasCase]] {
    Dictionary(grouping: try families.flatMap { try read($0) }, by: \.configuration.className)
  }

  private init(_ row: [String: ConfigurationValue], _ file: SafeTensors) throws {
    func text(_ key: String) throws -> String {
      guard let value = row[key]?.asString else {
        throw KerasFileError(what: "no \(key) in \(row)")
      }
      return value
    }
    guard case .object(let values)? = row["config"] else {
      throw KerasFileError(what: "no config in \(row)")
    }
    name = try text("case")
    kind = try text("kind")
    configuration = Configuration(try text("class_name"), values)
    rule = KerasRule(
      kind: try row["rule"]?.asString.map(KerasRule.Kind.named) ?? .scale,
      floor: row["floor"]?.asNumber ?? 0.01)
    self.row = row
    var tensors: [String: Tensor] = [:]
    for name in KerasCase.names(in: .object(row)) {
      let full = name.hasPrefix("/") ? String(name.dropFirst()) : "\(self.name)/\(name)"
      if let entry = file[full] { tensors[name] = try Tensor(entry) }
    }
    self.tensors = tensors
  }

  /// All texts of a row: those that name a tensor are among them.
  private static func names(in value: ConfigurationValue) -> [String] {
    switch value {
    case .string(let text): [text]
    case .list(let values): values.flatMap(names)
    case .object(let values): values.values.flatMap(names)
    default: []
    }
  }
}

extension KerasCase {
  /// A tensor by the name that the row gives it.
  public func tensor(_ name: String) throws -> Tensor {
    guard let tensor = tensors[name] else { throw KerasFileError(what: "\(self.name): no \(name)") }
    return tensor
  }

  /// The tensors that the row lists under a key; none where it lacks the key.
  public func tensors(_ key: String) throws -> [Tensor] {
    guard case .list(let names)? = row[key] else { return [] }
    return try names.compactMap(\.asString).map(tensor)
  }

  /// The tensors under a key, nil where the row says null.
  public func optionalTensors(_ key: String) throws -> [Tensor?] {
    guard case .list(let names)? = row[key] else { return [] }
    return try names.map { try $0.asString.map(tensor) }
  }

  /// The tensor under a key, nil where the row lacks the key.
  public func optionalTensor(_ key: String) throws -> Tensor? {
    try row[key]?.asString.map(tensor)
  }

  /// What a row lists under a key.
  public func list(_ key: String) -> [ConfigurationValue] {
    if case .list(let values)? = row[key] { values } else { [] }
  }

  /// What is wrong with results that the row lists under a key, each beginning with the case.
  public func failures(_ found: [Tensor], _ key: String) throws -> [String] {
    let expected = try tensors(key)
    let what = "\(name) \(configuration.values.sorted { $0.key < $1.key }) \(key)"
    if found.count != expected.count {
      return ["\(what): there are \(found.count), expected \(expected.count)"]
    }
    return zip(found, expected).enumerated().compactMap { index, pair in
      rule.failure(pair.0, expected: pair.1).map { "\(what) \(index): \($0)" }
    }
  }

  /// The number of arrays that the case compares.
  public var comparisonCount: Int {
    let keys = [
      "outputs", "input_gradients", "weight_gradients", "state_gradients", "weights_after",
      "losses", "output_masks", "slots", "learning_rates", "finalized",
      "histories", "evaluations",
    ]
    return keys.reduce(0) { $0 + list($1).count }
  }
}

/// A file of vectors that is not as it should be.
public struct KerasFileError: Error {
  public let what: String

  public init(what: String) { self.what = what }
}

/// An object of a JSON file.
private struct JSONObject: Decodable {
  let values: [String: ConfigurationValue]

  init(from decoder: any Decoder) throws {
    let box = try decoder.singleValueContainer().decode([String: JSONValue].self)
    values = box.mapValues(\.value)
  }
}

/// Any value of a JSON file.
private struct JSONValue: Decodable {
  let value: ConfigurationValue

  init(from decoder: any Decoder) throws {
    let box = try decoder.singleValueContainer()
    if box.decodeNil() {
      value = .null
    } else if let flag = try? box.decode(Bool.self) {
      value = .bool(flag)
    } else if let whole = try? box.decode(Int.self) {
      value = .int(whole)
    } else if let number = try? box.decode(Double.self) {
      value = .number(number)
    } else if let text = try? box.decode(String.self) {
      value = .string(text)
    } else if let list = try? box.decode([JSONValue].self) {
      value = .list(list.map(\.value))
    } else {
      value = .object(try box.decode([String: JSONValue].self).mapValues(\.value))
    }
  }
}

extension Tensor {
  fileprivate init(_ entry: SafeTensors.Entry) throws {
    switch entry.dtype {
    case .float32: self.init(try entry.scalars(as: Float.self), shape: entry.shape)
    case .int32: self.init(try entry.scalars(as: Int32.self), shape: entry.shape)
    case .bool: self.init(try entry.scalars(as: Bool.self), shape: entry.shape)
    default: throw KerasFileError(what: "\(entry.name) is of type \(entry.dtype)")
    }
  }
}
