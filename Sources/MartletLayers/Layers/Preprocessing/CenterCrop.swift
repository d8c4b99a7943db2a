import MartletTensors

/// The middle of images: (batch, height, width, channels), or a single image without the batch.
///
/// Images that are smaller than the size in some direction lose what is too much for its ratio of
/// sides, and are resized. Keras' `CenterCrop`.
public final class CenterCrop: Layer, ConfigurableLayer {
  /// The rows of the output.
  public let height: Int
  /// The columns of the output.
  public let width: Int

  /// Creates the layer; traps on a size below 1.
  public convenience init(
    height: Int, width: Int, name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) {
    trapping(file, line) { () throws(Diagnostic) in
      try checkImageSize("CenterCrop", height, width)
    }
    self.init(height, width, name)
  }

  private init(_ height: Int, _ width: Int, _ name: String?) {
    self.height = height
    self.width = width
    super.init(name: name)
  }

  public convenience init(configuration c: Configuration) throws {
    try c.requireChannelsLast()
    let (height, width) = (try c.int("height"), try c.int("width"))
    try checkImageSize(c.className, height, width)
    self.init(height, width, nil)
    try adopt(c)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["height"] = .int(height)
    c["width"] = .int(width)
    c["data_format"] = .string("channels_last")
    return c
  }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    try sizedShape(input, height, width)
  }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    eachImage(x.cast(to: dtype)) { images in
      let (rows, columns) = (images.shape[1], images.shape[2])
      if rows < height || columns < width {
        return images.resized(to: [height, width], fit: .crop)
      }
      let (top, left) = ((rows - height) / 2, (columns - width) / 2)
      return images[.all, top..<(top + height), left..<(left + width)]
    }
  }
}
