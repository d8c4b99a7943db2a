import MartletTensors

/// Cuts a window out of images in training, at a random place that all images of a batch share.
///
/// Keras 3.15's `RandomCrop`: images that are not larger than the window in both directions are cut
/// in their middle, and resized; at inference images pass as they are, whatever their size, so a
/// model that needs the window's size then resizes them itself.
public final class RandomCrop: RandomImageLayer, ConfigurableLayer {
  /// The rows of the window.
  public let height: Int
  /// The columns of the window.
  public let width: Int

  /// Creates the layer; traps on a size below 1.
  public init(
    height: Int, width: Int, seed: Int? = nil, name: String? = nil, file: StaticString = #fileID,
    line: UInt = #line
  ) {
    trapping(file, line) { () throws(Diagnostic) in
      try checkImageSize("RandomCrop", height, width)
    }
    self.height = height
    self.width = width
    super.init(seed: seed, name: name)
  }

  public init(configuration c: Configuration) throws {
    try c.requireChannelsLast()
    (height, width) = (try c.int("height"), try c.int("width"))
    try checkImageSize(c.className, height, width)
    super.init(seed: try c.optionalInt("seed"), name: nil)
    try adopt(c)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["height"] = .int(height)
    c["width"] = .int(width)
    return c
  }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    try sizedShape(input, height, width)
  }

  override func changed(_ images: Tensor) -> Tensor {
    let (rows, columns) = (images.shape[1], images.shape[2])
    if rows > height, columns > width {
      func window(_ size: Int, of all: Int) -> Tensor {
        Tensor(0..<size) + Tensor.randomIntegers([1], in: 0..<(all - size + 1), using: source)
      }
      return images.taking(window(height, of: rows), along: 1)
        .taking(window(width, of: columns), along: 2)
    }
    let tall = max(min(rows, columns * height / width), 1)
    let wide = max(min(columns, rows * width / height), 1)
    let (top, left) = ((rows - tall) / 2, (columns - wide) / 2)
    let part = images[
      .all, top..<min(top + height, rows), left..<min(left + width, columns)]
    return part.shape[1] == height && part.shape[2] == width
      ? part : part.resized(to: [height, width])
  }
}
