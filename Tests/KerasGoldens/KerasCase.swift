import Foundation
import MartletFormats
import MartletLayers
import MartletTensors

/// The vectors of one family: what Keras computed, and from what.
public struct KerasFamily: Sendable {
  /// The cases, in the order of the file.
  public let cases: [KerasCase]

  /// Reads `<name>.json` and `<name>.safetensors` from the folder Vectors; traps if they cannot be
  /// read.
  public init(_ name: String) {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Vectors")
    do {
      let tensors = try SafeTensors(
        contentsOf: folder.appendingPathComponent(name + ".safetensors"))
      let rows = try JSONDecoder().decode(
        [[String: JSONValue]].self,
        from: Data(contentsOf: folder.appendingPathComponent(name + ".json")))
      cases = rows.map { KerasCase(fields: $0.mapValues(\.value), tensors: tensors) }
    } catch {
      fatalError("the vectors of \(name): \(error)")
    }
  }
}

/// One case: an object of Keras by its configuration, and what it gave.
public struct KerasCase: Sendable, CustomStringConvertible {
  /// Everything that the row says, under its keys.
  public let fields: [String: ConfigurationValue]
  private let tensors: SafeTensors

  fileprivate init(fields: [String: ConfigurationValue], tensors: SafeTensors) {
    (self.fields, self.tensors) = (fields, tensors)
  }

  /// The case's name, unique in its family.
  public var name: String { fields["case"]?.asString ?? "" }
  /// Keras' class name and hyperparameters.
  public var configuration: Configuration {
    var values: [String: ConfigurationValue] = [:]
    if case .object(let given)? = fields["config"] { values = given }
    return Configuration(fields["class_name"]?.asString ?? "", values)
  }
  /// The name, by which the row is found in the file.
  public var description: String { name }

  /// The texts of a list.
  public func strings(_ key: String) -> [String] {
    guard case .list(let values)? = fields[key] else { return [] }
    return values.compactMap(\.asString)
  }

  /// A tensor by the name that the row gives it; a name with a slash in front is shared by cases.
  public func tensor(_ tensorName: String) -> Tensor {
    let full = tensorName.hasPrefix("/") ? String(tensorName.dropFirst()) : name + "/" + tensorName
    guard let entry = tensors[full] else { fatalError("\(full) is missing") }
    do {
      switch entry.dtype {
      case .float32: return Tensor(try entry.scalars(as: Float.self), shape: entry.shape)
      case .float64:
        return Tensor(try entry.scalars(as: Double.self), shape: entry.shape, dtype: .float64)
      case .bool: return Tensor(try entry.scalars(as: Bool.self), shape: entry.shape, dtype: .bool)
      default:
        return Tensor(try entry.scalars(as: Int32.self), shape: entry.shape, dtype: .int32)
      }
    } catch {
      fatalError("\(full): \(error)")
    }
  }

  /// The tensors that a field lists.
  public func tensors(_ key: String) -> [Tensor] { strings(key).map(tensor) }

  /// What is wrong with a result, in words; nil if it is right by the case's rule.
  ///
  /// The rules are those of Generator/README.md: 1e-5 of the largest element (`scale`), of each
  /// element (`elementwise`), or nothing (`exact`). Without a rule of its own a result has the case's.
  public func mistake(in found: Tensor, expecting expected: Tensor, rule: String? = nil) -> String?
  {
    if found.shape != expected.shape {
      return "the shape is \(found.shape), Keras' is \(expected.shape)"
    }
    let (a, b) = (found.scalars(of: Double.self), expected.scalars(of: Double.self))
    let isExact =
      !expected.dtype.isFloating || (rule ?? fields["rule"]?.asString ?? "scale") == "exact"
    let isElementwise = (rule ?? fields["rule"]?.asString) == "elementwise"
    let largest = b.filter(\.isFinite).map { abs($0) }.max() ?? 0
    let scale = max(largest, fields["floor"]?.asNumber ?? 0.01)
    for (index, (a, b)) in zip(a, b).enumerated() {
      if a == b || a.isNaN && b.isNaN { continue }
      let allowed = isExact ? 0 : isElementwise ? 1e-5 * abs(b) + 1e-6 : 1e-5 * scale
      if a.isFinite && b.isFinite && abs(a - b) <= allowed { continue }
      return "element \(index) is \(a), Keras' is \(b), with \(allowed) allowed"
    }
    return nil
  }
}

/// A value as JSON has it.
private struct JSONValue: Decodable {
  let value: ConfigurationValue

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      value = .null
    } else if let found = try? container.decode(Bool.self) {
      value = .bool(found)
    } else if let found = try? container.decode(Int.self) {
      value = .int(found)
    } else if let found = try? container.decode(Double.self) {
      value = .number(found)
    } else if let found = try? container.decode(String.self) {
      value = .string(found)
    } else if let found = try? container.decode([JSONValue].self) {
      value = .list(found.map(\.value))
    } else {
      value = .object(try container.decode([String: JSONValue].self).mapValues(\.value))
    }
  }
}
