import CKernels

/// How an image goes on beyond its edges where it is read there.
public enum FillMode: String, Sendable, Hashable, CaseIterable {
  /// One value everywhere: `k k | a b c | k k`.
  case constant
  /// The nearest pixel of the edge: `a a | a b c | c c`.
  case nearest
  /// The image again: `b c | a b c | a b`.
  case wrap
  /// The image mirrored about its edge: `b a | a b c | c b`.
  case reflect
  /// The image mirrored about its last pixel: `c b | a b c | b a`.
  case mirror

  fileprivate var code: UInt8 {
    switch self {
    case .constant: UInt8(MK_FILL_CONSTANT)
    case .nearest: UInt8(MK_FILL_NEAREST)
    case .wrap: UInt8(MK_FILL_WRAP)
    case .reflect: UInt8(MK_FILL_REFLECT)
    case .mirror: UInt8(MK_FILL_MIRROR)
    }
  }
}

/// Images read at transformed places, or the adjoint, which adds each element to the pixels that it
/// would be read from.
///
///     x [batch, height, width, channels]   transforms [1 or batch, 8]   value []
///     y [batch, rows, columns, channels]
///
/// The adjoint has y in place of x, and gives x.
struct Warp: Operation {
  let isBilinear: Bool
  let fill: FillMode
  let isAdjoint: Bool

  var name: String { isAdjoint ? "warpGradient" : "warp" }

  func encode(into key: inout PlanKey) {
    key.add((isBilinear ? 1 : 0) | (isAdjoint ? 2 : 0) | Int(fill.code) << 2)
  }

  // The places are given: what stands at them has a gradient, they have none.
  func gradient(_ index: Int, _ at: Backward) -> Tensor? {
    if index != 0 { return nil }
    return .record(
      Warp(isBilinear: isBilinear, fill: fill, isAdjoint: !isAdjoint),
      [at.dy, at.b, .constant(0, at.dy.dtype)], shape: at.a.shape, dtype: at.dy.dtype)
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    let x = planner.dense(step.inputs[0])
    let transforms = planner.dense(step.inputs[1])
    let value = planner.dense(step.inputs[2])
    let y = planner.output(step)
    let (image, read) =
      isAdjoint ? (step.type.shape, x.layout.shape) : (x.layout.shape, step.type.shape)
    var arguments = mk_warp_args()
    (arguments.batch, arguments.channels) = (Int64(image[0]), Int64(image[3]))
    (arguments.height, arguments.width) = (Int64(image[1]), Int64(image[2]))
    (arguments.rows, arguments.columns) = (Int64(read[1]), Int64(read[2]))
    arguments.transforms = Int64(transforms.layout.shape[0])
    arguments.dtype = step.type.dtype.kernelType
    arguments.fill = fill.code
    arguments.is_bilinear = isBilinear ? 1 : 0
    planner.emit(
      name, "\(image.text) to \(read.text)", isAdjoint ? mk_warp_gradient : mk_warp, arguments,
      [(\.x, x), (\.transform, transforms), (\.value, value), (\.y, y)],
      parts: planner.parts(forWork: 16 * read.elementCount))
  }
}

extension Tensor {
  /// A batch of images, each read at the places to which a transform sends its pixels: Keras'
  /// `ops.image.affine_transform`, and with c0 or c1 a projective transform.
  ///
  ///     k = c0 x + c1 y + 1
  ///     result[n, y, x] = image[n, (b0 x + b1 y + b2) / k, (a0 x + a1 y + a2) / k]
  ///
  /// Places are in pixels, the centre of the first at 0, and are worked out in double. A place that is
  /// no number, or beyond 2⁵², reads `fillValue` in every mode. The gradient is with respect to the
  /// images alone.
  ///
  /// - Parameters:
  ///   - transforms: `[8]` for all images or `[batch, 8]`, the numbers a0 a1 a2 b0 b1 b2 c0 c1; its
  ///     elements are read as this tensor's type. This tensor is `[batch, height, width, channels]`
  ///     of `float32` or `float64`.
  ///   - size: Rows and columns of the result; by default the image's own.
  ///   - interpolation: What stands between pixels: the nearest one (halves go away from 0), or the
  ///     weighted mean of four.
  ///   - fillMode: What stands outside the image.
  ///   - fillValue: The value of `.constant`.
  /// - Returns: `[batch, size…, channels]`.
  public func transformed(
    by transforms: Tensor, size: (any AxisSizes)? = nil, interpolation: Interpolation = .bilinear,
    fillMode: FillMode = .constant, fillValue: Double = 0,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    check(
      rank == 4 && (dtype == .float32 || dtype == .float64),
      Diagnostic(
        "transformed", "this is no batch of images",
        expected: "float32 or float64 of shape [batch, height, width, channels]",
        got: "\(dtype) of shape \(shape.text)",
        fix: rank == 3
          ? "add an axis of 1 with expandingDimensions(at: 0)" : "use cast(to: .float32)"),
      file: file, line: line)
    check(
      (transforms.shape == [8] || transforms.shape == [shape[0], 8])
        && transforms.dtype != .bool,
      Diagnostic(
        "transformed", "the transforms do not fit the images",
        expected: "numbers of shape [8] or [\(shape[0]), 8]",
        got: "\(transforms.dtype) of shape \(transforms.shape.text)"),
      file: file, line: line)
    check(
      interpolation == .nearest || interpolation == .bilinear,
      Diagnostic(
        "transformed", "there is no such interpolation of transformed images",
        expected: ".nearest or .bilinear", got: "\(interpolation)"),
      file: file, line: line)
    let given = size?.axisSizes ?? [shape[1], shape[2]]
    let sizes = given.count == 1 ? [given[0], given[0]] : given
    check(
      sizes.count == 2 && sizes.allSatisfy { $0 >= 0 },
      Diagnostic(
        "transformed", "the sizes are none", expected: "rows and columns of 0 or more",
        got: "\(given)"),
      file: file, line: line)
    return .record(
      Warp(isBilinear: interpolation == .bilinear, fill: fillMode, isAdjoint: false),
      [
        self, transforms.cast(to: dtype).reshaped(to: [transforms.count / 8, 8]),
        .constant(fillValue, dtype),
      ], shape: [shape[0], sizes[0], sizes[1], shape[3]], dtype: dtype, file: file, line: line)
  }
}
