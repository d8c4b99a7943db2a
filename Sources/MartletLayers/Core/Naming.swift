import MartletTensors

/// Keras' file name of a class: `MaxPooling2D` is `max_pooling2d`, `PReLU` is `p_re_lu`.
public func snakeCase(_ name: String) -> String {
  // (.)([A-Z][a-z]+) → \1_\2, then ([a-z])([A-Z]) → \1_\2, and all in lower case.
  let letters = Array(name)
  var result = ""
  for (index, letter) in letters.enumerated() {
    let isCapital = letter.isASCII && letter.isUppercase
    if isCapital, index > 0, letters[index - 1] != "_" {
      let startsWord = index + 1 < letters.count && letters[index + 1].isLowercase
      if startsWord || letters[index - 1].isLowercase { result.append("_") }
    }
    result.append(letter)
  }
  return result.lowercased()
}

/// Gives the layers of a model names of their own: given ones stay, the others take that of their
/// class and a number, `dense`, `dense_1`.
///
/// Throws where two different layers were given the same name.
func nameLayers(_ layers: [Layer], in owner: String) throws(Diagnostic) {
  var taken = Set<String>()
  for layer in layers where layer.hasGivenName {
    if !taken.insert(layer.name).inserted {
      throw Diagnostic(
        owner, "two layers have the same name", expected: "unique names",
        got: "\"\(layer.name)\" twice", fix: "give one of them another name")
    }
  }
  var counts: [String: Int] = [:]
  for layer in layers where !layer.hasGivenName {
    let base = snakeCase(layer.kerasName)
    var name = base
    repeat {
      let number = counts[base, default: 0]
      counts[base] = number + 1
      name = number == 0 ? base : "\(base)_\(number)"
    } while !taken.insert(name).inserted
    layer.name = name
  }
  for layer in layers { layer.place(in: nil) }
}

extension Layer {
  /// Tells the layer, and those inside, where they stand: their paths and their weights' names.
  final func place(in parent: String?) {
    path = parent.map { $0 + "/" + name } ?? name
    for (property, layer) in innerLayers {
      if !layer.hasGivenName, !(self is Model) { layer.name = property }
      layer.place(in: path)
    }
    nameWeights()
  }

  final func nameWeights() {
    for weight in ownWeights { weight.variable.name = path + "/" + weight.name }
  }

  /// The layers in stored properties: single ones, optional ones, and those in arrays.
  final func reflectedSublayers() -> [(name: String, layer: Layer)] {
    var found: [(name: String, layer: Layer)] = []
    var mirror: Mirror? = Mirror(reflecting: self)
    var levels: [Mirror] = []
    while let level = mirror, level.subjectType != Layer.self {
      levels.append(level)
      mirror = level.superclassMirror
    }
    for level in levels.reversed() {
      for child in level.children {
        guard let label = child.label else { continue }
        collect(child.value, propertyName(label), &found)
      }
    }
    return found
  }

  private func collect(
    _ value: Any, _ name: String, _ found: inout [(name: String, layer: Layer)]
  ) {
    if let layer = value as? Layer {
      found.append((name, layer))
    } else if let layers = value as? [Layer] {
      found += listNames(name, layers)
    } else {
      let mirror = Mirror(reflecting: value)
      if mirror.displayStyle == .optional, let inner = mirror.children.first {
        collect(inner.value, name, &found)
      }
    }
  }

  /// The names of the layers of a list in Keras' files: `cells/lstm_cell`, `cells/lstm_cell_1`.
  final func listNames(_ list: String, _ layers: [Layer]) -> [(name: String, layer: Layer)] {
    var counts: [String: Int] = [:]
    return layers.map { layer in
      let base = snakeCase(layer.kerasName)
      let number = counts[base, default: 0]
      counts[base] = number + 1
      return ("\(list)/\(base)" + (number == 0 ? "" : "_\(number)"), layer)
    }
  }

  /// `$__lazy_storage_$_forwardLayer` and `forwardLayer` are both `forward_layer`.
  private func propertyName(_ label: String) -> String {
    let plain = label.hasPrefix("$__lazy_storage_$_") ? String(label.dropFirst(18)) : label
    var result = ""
    for letter in plain {
      if letter.isUppercase, !result.isEmpty { result.append("_") }
      result += letter.lowercased()
    }
    return result
  }
}

extension ConfigurationValue {
  /// The value as a description prints it.
  var text: String {
    switch self {
    case .null: "nil"
    case .bool(let value): "\(value)"
    case .int(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let value): value
    case .list(let values): "[" + values.map(\.text).joined(separator: ", ") + "]"
    case .object(let object):
      if let name = object["class_name"]?.asString {
        name
      } else {
        "{"
          + object.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.text)" }
          .joined(separator: ", ") + "}"
      }
    }
  }
}
