/// A number, or arrays of arrays of numbers to any depth: what a tensor can be made of.
public protocol NestedScalars {
  /// The type of the numbers.
  associatedtype Scalar: TensorScalar
  /// How deep the arrays are nested; 0 for a number.
  static var nestingDepth: Int { get }
  /// Appends the numbers in row-major order and notes the lengths of the arrays, one for each depth
  /// from `depth` on, which are -1 where no array was seen yet.
  func append(
    to scalars: inout [Scalar], lengths: inout [Int], depth: Int
  ) throws(RaggedArrays)
  /// The value whose numbers begin at `next`, which moves past them, with arrays of the given
  /// lengths, outermost first.
  static func read(
    _ scalars: UnsafeBufferPointer<Scalar>, next: inout Int, lengths: ArraySlice<Int>
  ) -> Self
}

/// Two nested arrays of one depth differ in length.
public struct RaggedArrays: Error {
  /// How many arrays enclose the two.
  let depth: Int
  let expected: Int
  let got: Int
}

extension TensorScalar {
  public static var nestingDepth: Int { 0 }
  public func append(
    to scalars: inout [Self], lengths: inout [Int], depth: Int
  ) throws(RaggedArrays) {
    scalars.append(self)
  }
  public static func read(
    _ scalars: UnsafeBufferPointer<Self>, next: inout Int, lengths: ArraySlice<Int>
  ) -> Self {
    defer { next += 1 }
    return scalars[next]
  }
}

extension Array: NestedScalars where Element: NestedScalars {
  public typealias Scalar = Element.Scalar
  public static var nestingDepth: Int { Element.nestingDepth + 1 }
  public func append(
    to scalars: inout [Element.Scalar], lengths: inout [Int], depth: Int
  ) throws(RaggedArrays) {
    if lengths[depth] < 0 { lengths[depth] = count }
    if lengths[depth] != count {
      throw RaggedArrays(depth: depth, expected: lengths[depth], got: count)
    }
    if Element.self == Element.Scalar.self {
      scalars.append(contentsOf: unsafeBitCast(self, to: [Element.Scalar].self))
      return
    }
    for element in self {
      try element.append(to: &scalars, lengths: &lengths, depth: depth + 1)
    }
  }
  public static func read(
    _ scalars: UnsafeBufferPointer<Element.Scalar>, next: inout Int, lengths: ArraySlice<Int>
  ) -> [Element] {
    let count = lengths.first ?? 0
    if Element.self == Element.Scalar.self {
      defer { next += count }
      return unsafeBitCast(
        Array<Element.Scalar>(scalars[next..<(next + count)]), to: [Element].self)
    }
    return (0..<count).map { _ in
      Element.read(scalars, next: &next, lengths: lengths.dropFirst())
    }
  }
}

extension NestedScalars {
  /// The numbers in row-major order and the shape.
  ///
  /// - Throws: a `Diagnostic` if arrays of one depth differ in length.
  func flattened() throws(Diagnostic) -> (scalars: [Scalar], shape: Shape) {
    var scalars: [Scalar] = []
    var lengths = [Int](repeating: -1, count: Self.nestingDepth)
    do throws(RaggedArrays) {
      try append(to: &scalars, lengths: &lengths, depth: 0)
    } catch {
      throw Diagnostic(
        "Tensor", "the nested arrays are ragged",
        expected: "arrays of the same length at each depth: \(error.expected) at depth "
          + "\(error.depth), as in the first one",
        got: "one of \(error.got)", fix: "pad the shorter arrays")
    }
    return (scalars, lengths.map { Swift.max($0, 0) })
  }

  /// The same for literals in the source: traps if they are ragged.
  func flattened(file: StaticString, line: UInt) -> (scalars: [Scalar], shape: Shape) {
    do throws(Diagnostic) { return try flattened() } catch { trap(error, file: file, line: line) }
  }
}
