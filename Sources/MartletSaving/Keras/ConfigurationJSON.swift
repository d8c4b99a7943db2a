import Foundation
import MartletTraining

extension ConfigurationValue: Codable {
  public init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let flag = try? value.decode(Bool.self) {
      self = .bool(flag)
    } else if let number = try? value.decode(Int.self) {
      self = .int(number)
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else if let text = try? value.decode(String.self) {
      self = .string(text)
    } else if let list = try? value.decode([ConfigurationValue].self) {
      self = .list(list)
    } else {
      self = .object(try value.decode([String: ConfigurationValue].self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .int(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .list(let values): try container.encode(values)
    case .object(let values): try container.encode(values)
    }
  }

  /// Reads JSON; throws a `Diagnostic` that names the file.
  init(json: Data, of file: String) throws {
    do {
      self = try JSONDecoder().decode(ConfigurationValue.self, from: json)
    } catch {
      throw Diagnostic(file, "the text is no JSON", got: "\(error)")
    }
  }

  /// The value as JSON, keys sorted: the same bytes for equal values.
  func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self)
  }

  /// The value as Keras writes it: every object of a class says in which module that is.
  ///
  /// - Parameter module: Where the class of this very object is.
  func withModules(_ module: String) -> ConfigurationValue {
    switch self {
    case .list(let values): return .list(values.map { $0.withModules(module) })
    case .object(var object):
      if let name = object["class_name"]?.asString, case .object(let config)? = object["config"] {
        if name == "__keras_tensor__" { return self }
        object["module"] = .string(Self.module(of: name, else: module))
        object["registered_name"] = object["registered_name"] ?? .null
        object["config"] = .object(config.withModulesOfValues)
        if case .list(let nodes)? = object["inbound_nodes"] {
          object["inbound_nodes"] = .list(nodes)
        }
        return .object(object)
      }
      return .object(object.withModulesOfValues)
    default: return self
    }
  }

  private static func module(of name: String, else module: String) -> String {
    switch name {
    case "Sequential": "keras"
    case "Functional": "keras.src.models.functional"
    default: module
    }
  }
}

extension [String: ConfigurationValue] {
  /// The values, each with the module that its key tells.
  fileprivate var withModulesOfValues: [String: ConfigurationValue] {
    Dictionary(
      uniqueKeysWithValues: map { key, value in
        let module =
          key.hasSuffix("_initializer") || key.hasSuffix("initializer")
          ? "keras.initializers"
          : key.hasSuffix("regularizer")
            ? "keras.regularizers"
            : key.hasSuffix("constraint")
              ? "keras.constraints"
              : key == "learning_rate" ? "keras.optimizers.schedules" : "keras.layers"
        return (key, value.withModules(module))
      })
  }
}
