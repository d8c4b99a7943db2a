import Foundation
import Testing

@testable import MartletTensors

/// An array and the text that NumPy prints for it; see Goldens/make_printing.py.
private struct PrintingCase: Decodable {
  let `case`: String
  let dtype: String
  let shape: [Int]
  let bytes: String?
  let divisor: Int?
  let text: String
  let expression: String

  static let all: [PrintingCase] = {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Goldens/printing.json")
    do {
      return try JSONDecoder().decode([PrintingCase].self, from: Data(contentsOf: file))
    } catch {
      Issue.record("\(file.path): \(error)")
      return []
    }
  }()

  func tensor() -> Tensor? {
    guard let type = DType.allCases.first(where: { $0.description == dtype }) else { return nil }
    guard let bytes else {
      let indices = Tensor.arange(shape.reduce(1, *), dtype: .int64).reshaped(to: shape)
      let divisor = Double(divisor ?? 1)
      if type == .bool { return indices % divisor .== 0 }
      return type.isFloating ? indices.cast(to: type) / divisor : indices.cast(to: type)
    }
    var raw: [UInt8] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      raw.append(UInt8(rest.prefix(2), radix: 16) ?? 0)
      rest = rest.dropFirst(2)
    }
    func read<Scalar: TensorScalar>(_ scalar: Scalar.Type) -> Tensor {
      Tensor(shape: shape, of: scalar) { elements in
        UnsafeMutableRawBufferPointer(elements).copyBytes(from: raw)
      }
    }
    switch type {
    case .float32: return read(Float.self)
    case .float64: return read(Double.self)
    case .int32: return read(Int32.self)
    case .int64: return read(Int64.self)
    case .uint8: return read(UInt8.self)
    case .bool: return read(Bool.self)
    }
  }
}

@Suite struct PrintingTests {
  @Test func `tensors print as NumPy prints arrays`() throws {
    #expect(PrintingCase.all.count > 140)
    for golden in PrintingCase.all {
      let tensor = try #require(golden.tensor())
      #expect("\(tensor)" == golden.text, "\(golden.case)")
      #expect(String(reflecting: tensor) == golden.expression, "\(golden.case)")
    }
  }

  @Test func `printing evaluates and changes nothing`() {
    let x = Tensor([1, 2, 3])
    let slope = gradient(at: x) { x in
      let y = x * x
      #expect("\(y)" == "[1. 4. 9.]")
      return (y * y).sum()
    }
    #expect(slope.scalars == [4, 32, 108])
  }

  @Test func `views print their own elements`() {
    let x = Tensor.arange(6).reshaped(to: [2, 3])
    #expect("\(x.transposed())" == "[[0 3]\n [1 4]\n [2 5]]")
    #expect(String(reflecting: x[..., 1]) == "Tensor([1, 4], dtype: int32)")
    #expect("\(Tensor.full([2, 2], 0.5))" == "[[0.5 0.5]\n [0.5 0.5]]")
  }
}
