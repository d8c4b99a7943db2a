import MartletFormats
import MartletTraining

/// Where Keras' weight files keep each variable: `layers/conv2d/vars/0`,
/// `layers/bidirectional/forward_layer/cell/vars/2`.
struct WeightTree {
  /// Paths and variables, in the order of the file.
  private(set) var entries: [(path: String, variable: Variable)] = []
  /// The groups of variables, those without any too, with the name of their layer.
  private(set) var groups: [(path: String, name: String)] = []

  /// The tree of a model; each variable once, at its first place.
  init(_ model: Model) {
    add(model, at: "")
  }

  private mutating func add(_ layer: Layer, at path: String) {
    let prefix = path.isEmpty ? "" : path + "/"
    groups.append((prefix + "vars", layer.name))
    for (index, weight) in layer.namedWeights.enumerated() {
      entries.append(("\(prefix)vars/\(index)", weight.variable))
    }
    if let model = layer as? Model {
      // Numbered by class in the order of the layers, whatever they are called.
      var counts: [String: Int] = [:]
      for inner in model.layers {
        let base = snakeCase(inner.kerasName)
        let number = counts[base, default: 0]
        counts[base] = number + 1
        add(inner, at: "\(prefix)layers/\(base)" + (number == 0 ? "" : "_\(number)"))
      }
    } else {
      for (name, inner) in layer.sublayers { add(inner, at: prefix + name) }
    }
  }

  /// The tree as an HDF5 file, with the state of an optimizer where there is one.
  func file(optimizer: Optimizer?) -> HDF5Group {
    var root = HDF5Group()
    for (path, name) in groups {
      root.updateGroup(at: path) { $0.attributes["name"] = .string(name) }
    }
    for (path, variable) in entries {
      root.insert(HDF5Dataset(variable.value.stored), at: path)
    }
    if let optimizer, optimizer.isBuilt {
      root.updateGroup(at: "optimizer/vars") { $0.attributes["name"] = .string(optimizer.name) }
      for (index, variable) in optimizer.variables.enumerated() {
        // Keras keeps the count of steps as int32 on most of its backends.
        let value = variable.dtype == .int64 ? variable.value.cast(to: .int32) : variable.value
        root.insert(HDF5Dataset(value.stored), at: "optimizer/vars/\(index)")
      }
    }
    return root
  }
}

/// What was found, and what not, when weights were loaded.
public struct LoadReport: Sendable, Equatable {
  /// The weights that were read, by their paths in the file.
  public internal(set) var loaded: [String] = []
  /// The weights of the model that the file does not have.
  public internal(set) var missing: [String] = []
  /// The weights whose shape in the file is another one.
  public internal(set) var mismatched: [String] = []
  /// What the file has and the model does not.
  public internal(set) var unused: [String] = []
}
