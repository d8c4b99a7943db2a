import Foundation
import MartletFormats
import MartletTensors

/// Reads an image file: Keras' `load_img` and `img_to_array` in one.
///
///     let image = try loadImage("cat.png", size: 224)       // [224, 224, 3]
///
/// - Parameters:
///   - path: A PNG, PGM, PPM or BMP file.
///   - colorMode: The channels that the image is brought to.
///   - size: Rows and columns that it is brought to, or one number for both; its own without it.
///   - interpolation: What stands between pixels when it is brought to size.
///   - fit: What becomes of an image whose sides are in another ratio.
///   - limits: The most to take from the file.
/// - Returns: The image, float32 of 0 … 255, `[rows, columns, channels]`.
/// - Throws: `FormatError` for a file that is not what it should be, `Diagnostic` for a size that is
///   none.
public func loadImage(
  _ path: String, colorMode: ImageFolder.ColorMode = .rgb, size: (any AxisSizes)? = nil,
  interpolation: Interpolation = .nearest, fit: AspectFit = .stretch,
  limits: LoadLimits = LoadLimits()
) throws -> Tensor {
  let sizes = size?.axisSizes
  if let sizes, sizes.isEmpty || sizes.count > 2 || sizes.contains(where: { $0 < 1 }) {
    throw Diagnostic(
      "loadImage", "the size is none", expected: "rows and columns of 1 or more", got: "\(sizes)")
  }
  let image = try RasterImage(contentsOf: URL(filePath: path), limits: limits)
    .converted(toChannels: colorMode.channels)
  let pixels = Tensor(
    image.bytes, shape: [image.height, image.width, image.channels], dtype: .uint8
  ).cast(to: .float32)
  guard let sizes else { return pixels.evaluated() }
  return pixels.expandingDimensions(at: 0).resized(
    to: [sizes[0], sizes[sizes.count - 1]], fit: fit, interpolation: interpolation
  ).squeezed(along: 0).evaluated()
}

/// Writes an image to a PNG file: Keras' `save_img`.
///
/// - Parameters:
///   - image: `[rows, columns, channels]` with 1, 3 or 4 channels.
///   - path: The file, which ends in `.png`; the old one or the new one stands, never a part.
///   - scaling: Whether the least and the greatest element become 0 and 255. Without it elements
///     are taken as they are; fractions are dropped.
/// - Throws: `Diagnostic` for a tensor that is no image, elements that are not within 0 … 255 without
///   `scaling`, or another ending; `FormatError` where the file cannot be written.
public func saveImage(_ image: Tensor, to path: String, scaling: Bool = true) throws {
  func problem(_ what: String, _ expected: String, _ got: String) -> Diagnostic {
    Diagnostic("saveImage", what, expected: expected, got: got)
  }
  guard image.rank == 3, [1, 3, 4].contains(image.shape[2]), image.count > 0 else {
    throw problem(
      "the tensor is no image", "[rows, columns, channels] with 1, 3 or 4 channels",
      "\(image.shape)")
  }
  guard path.lowercased().hasSuffix(".png") else {
    throw problem("the ending of the file is not known", ".png", path)
  }
  var values = image.cast(to: .float32)
  if scaling {
    values = values - values.min()
    let most = values.max().item(of: Float.self)
    if most != 0 { values = values / most }
    values = values * 255
  }
  var bytes: [UInt8] = []
  for value in values.scalars(of: Float.self) {
    guard value > -1, value < 256 else {
      throw problem("an element is no pixel", "0 to 255", "\(value)")
    }
    bytes.append(UInt8(value))
  }
  let raster = try RasterImage(
    bytes, width: image.shape[1], height: image.shape[0], channels: image.shape[2])
  try FileWriting.write(PNG.encode(raster), to: URL(filePath: path), writer: "saveImage")
}
