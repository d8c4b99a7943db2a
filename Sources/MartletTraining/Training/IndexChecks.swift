import MartletTensors

// What an Embedding cannot look up traps when a step runs. Where the numbers come straight from the
// data they are looked at before, at no more cost than class numbers.
extension Model {
  /// A batch ready for predictions, whose indices are in range.
  final func preparedInputs(_ batch: Batch, _ who: String) throws -> PreparedBatch {
    try undoingBuild {
      let ready = try prepared(batch, who, for: .prediction)
      try checkIndices(ready, who)
      return ready
    }
  }

  /// Throws if an input numbers a row that its table does not have.
  final func checkIndices(_ ready: PreparedBatch, _ who: String) throws(Diagnostic) {
    // A step of the model's own may map what it is given first.
    if hasCustomStep(for: ready.purpose) { return }
    try MartletTraining.checkIndices(ready.batch.inputs, indexedTables, inputNames, who)
  }

  /// Whether all rows that a batch numbers are there: a look at its inputs, that a step may be
  /// replayed without more ado.
  final func hasKnownIndices(_ inputs: [Tensor]) -> Bool {
    indexedTables.allSatisfy {
      !inputs.indices.contains($0.input) || $0.firstWrongIndex(in: inputs[$0.input]) == nil
    }
  }
}

/// Throws if one of the inputs numbers a row that one of the tables does not have.
func checkIndices(
  _ inputs: [Tensor], _ tables: [IndexedTable], _ names: [String], _ who: String
) throws(Diagnostic) {
  for table in tables where inputs.indices.contains(table.input) {
    let indices = inputs[table.input]
    guard let place = table.firstWrongIndex(in: indices) else { continue }
    let number = indices.scalars(of: Double.self)[place]
    let index = Int(exactly: number)
    var position: [Int] = []
    var rest = place
    for size in indices.shape.reversed() {
      position.insert(rest % size, at: 0)
      rest /= size
    }
    let name = names.indices.contains(table.input) ? "\"\(names[table.input])\"" : "\(table.input)"
    throw Diagnostic(
      "\(who): \(table.path)", "an index is out of range",
      expected: "whole numbers in 0 ..< \(table.size), or negative ones down to -\(table.size),"
        + " which count from the end",
      got: "\(index.map(String.init) ?? "\(number)") at \(position) of input \(name),"
        + " shape \(indices.shape)",
      fix: index.map { $0 < 0 } ?? true
        ? "check the indices"
        : "check the indices, or give the layer an inputDim of \(index! + 1) or more")
  }
}

extension IndexedTable {
  /// The place of the first element that numbers no row; floating point numbers count as what is
  /// left without their fraction, as the layer takes them.
  func firstWrongIndex(in indices: Tensor) -> Int? {
    indices.firstPlace {
      $0 < -size || $0 >= size
    } orWhere: {
      !($0 > Double(-size) - 1 && $0 < Double(size))
    }
  }
}

extension Tensor {
  /// The place, in row-major order, of the first element that fails: an integer, or a floating point
  /// number.
  @inline(__always)
  func firstPlace(
    where isWrong: (Int) -> Bool, orWhere isWrongNumber: (Double) -> Bool
  ) -> Int? {
    func first<Scalar: TensorScalar>(
      _ scalar: Scalar.Type, _ isWrong: (Scalar) -> Bool
    ) -> Int? {
      withElements(of: scalar) { elements -> Int? in
        for index in 0..<elements.count where isWrong(elements[index]) { return index }
        return nil
      }
    }
    return switch dtype {
    case .int32: first(Int32.self) { isWrong(Int($0)) }
    case .int64: first(Int64.self) { isWrong(Int($0)) }
    case .uint8: first(UInt8.self) { isWrong(Int($0)) }
    case .float32: first(Float.self) { isWrongNumber(Double($0)) }
    case .float64: first(Double.self) { isWrongNumber($0) }
    case .bool: first(Bool.self) { isWrong($0 ? 1 : 0) }
    }
  }
}
