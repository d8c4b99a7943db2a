import MartletTensors

/// Tensors in memory, read row by row: the elements of an in-memory data set.
struct Rows: IndexedBatchSource {
  /// A tensor whose first axis is that of the samples.
  enum Column: Sendable {
    /// Rows as they are.
    case plain(Tensor)
    /// Rows of uint8, read as float32 in 0 … 1: byte / 255.
    case scaledBytes(Tensor)

    var tensor: Tensor {
      switch self {
      case .plain(let tensor), .scaledBytes(let tensor): tensor
      }
    }
  }

  private let columns: [Column]
  /// An element with the number and the names of the tensors.
  private let form: Batch
  let count: Int

  /// Columns of the same number of rows; `form` has a tensor for each.
  init(_ form: Batch, _ columns: [Column], count: Int) {
    self.form = form
    self.columns = columns
    self.count = count
  }

  func element(at index: Int, epoch: Int) -> Batch {
    form.mapTensors { place, _ in columns[place].rows([index], leading: []) }
  }

  func stacked(_ indices: [Int], epoch: Int) -> Batch {
    form.mapTensors { place, _ in columns[place].rows(indices, leading: [indices.count]) }
  }
}

extension Rows.Column {
  /// The rows of these numbers, in the shape `leading` + that of a row.
  func rows(_ indices: [Int], leading: Shape) -> Tensor {
    switch self {
    case .plain(let tensor): tensor.gatheredRows(indices, leading: leading)
    case .scaledBytes(let bytes): bytes.scaledRows(indices, leading: leading)
    }
  }
}

extension Tensor {
  /// Rows copied to a new tensor at once: nothing is recorded, so a thread of its own can do it.
  ///
  /// - Parameters:
  ///   - indices: The rows' numbers, of which nobody checks the range.
  ///   - leading: What stands before a row's own shape in the result; the rows' number without it.
  func gatheredRows(_ indices: [Int], leading: Shape? = nil) -> Tensor {
    let shape = (leading ?? [indices.count]) + self.shape.dropFirst()
    return switch dtype {
    case .float32: copiedRows(indices, shape, of: Float.self)
    case .float64: copiedRows(indices, shape, of: Double.self)
    case .int32: copiedRows(indices, shape, of: Int32.self)
    case .int64: copiedRows(indices, shape, of: Int64.self)
    case .uint8: copiedRows(indices, shape, of: UInt8.self)
    case .bool: copiedRows(indices, shape, of: Bool.self)
    }
  }

  private func copiedRows<Scalar: TensorScalar>(
    _ indices: [Int], _ shape: Shape, of scalar: Scalar.Type
  ) -> Tensor {
    let row = self.shape.dropFirst().reduce(1, *)
    return withElements(of: scalar) { elements in
      Tensor(shape: shape, of: scalar) { target in
        guard let from = elements.baseAddress, var to = target.baseAddress else { return }
        for index in indices {
          to.update(from: from + index * row, count: row)
          to += row
        }
      }
    }
  }

  /// Rows of bytes as float32 in 0 … 1.
  fileprivate func scaledRows(_ indices: [Int], leading: Shape) -> Tensor {
    let row = shape.dropFirst().reduce(1, *)
    return withElements(of: UInt8.self) { elements in
      Tensor(shape: leading + shape.dropFirst(), of: Float.self) { target in
        guard let from = elements.baseAddress, var to = target.baseAddress else { return }
        for index in indices {
          scaleBytes(from + index * row, to, count: row)
          to += row
        }
      }
    }
  }
}

/// Bytes as numbers in 0 … 1: byte / 255, as float32 division rounds it.
///
/// 1/255 = 257/65536 · (1 + 2⁻¹⁶ + …). The first product is exact, so the sum is rounded once: the
/// same bits as the division's for every byte, at half its time.
func scaleBytes(_ bytes: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<Float>, count: Int) {
  for index in 0..<count {
    let byte = Float(bytes[index])
    target[index] = byte * 0x1.01p-8 + byte * 0x1.010102p-24
  }
}

extension Batch {
  /// Elements as one, stacked along a new first axis.
  ///
  /// - Throws: `Diagnostic` if they do not have the same number of tensors, of the same shapes and
  ///   element types.
  public static func stacked(_ elements: [Batch]) throws -> Batch {
    guard let first = elements.first else { return Batch(inputs: []) }
    let columns = elements.map(\.tensors)
    for (number, tensors) in columns.enumerated() {
      let fits =
        tensors.count == columns[0].count
        && zip(tensors, columns[0]).allSatisfy { $0.shape == $1.shape && $0.dtype == $1.dtype }
      guard fits else {
        throw Diagnostic(
          "batched", "the elements of a batch are not alike", expected: "\(first)",
          got: "\(elements[number]), element \(number) of the batch",
          fix: "bring them to one shape by map, or pad sequences by padSequences")
      }
    }
    return first.mapTensors { place, _ in Tensor.stackedAtOnce(columns.map { $0[place] }) }
  }
}

extension Tensor {
  /// Tensors of one shape and type, copied one behind the other along a new first axis.
  fileprivate static func stackedAtOnce(_ tensors: [Tensor]) -> Tensor {
    switch tensors[0].dtype {
    case .float32: stackedAtOnce(tensors, of: Float.self)
    case .float64: stackedAtOnce(tensors, of: Double.self)
    case .int32: stackedAtOnce(tensors, of: Int32.self)
    case .int64: stackedAtOnce(tensors, of: Int64.self)
    case .uint8: stackedAtOnce(tensors, of: UInt8.self)
    case .bool: stackedAtOnce(tensors, of: Bool.self)
    }
  }

  private static func stackedAtOnce<Scalar: TensorScalar>(
    _ tensors: [Tensor], of scalar: Scalar.Type
  ) -> Tensor {
    let count = tensors[0].count
    return Tensor(shape: [tensors.count] + tensors[0].shape, of: scalar) { target in
      for (index, tensor) in tensors.enumerated() {
        tensor.withElements(of: scalar) { elements in
          guard let from = elements.baseAddress, let to = target.baseAddress else { return }
          (to + index * count).update(from: from, count: count)
        }
      }
    }
  }
}
