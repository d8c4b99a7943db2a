import Foundation
import MartletTensors

/// What is done to one image: where its pixels come from, and how bright they are.
///
/// - Source: the parameters of `ImageDataGenerator.apply_transform` of Keras.
struct ImageTransform: Sendable, Equatable {
  /// Degrees.
  var rotation = 0.0
  /// Pixels by which the image is read to the right of, and below, its place.
  var shiftX = 0.0
  var shiftY = 0.0
  /// Degrees.
  var shear = 0.0
  var zoomX = 1.0
  var zoomY = 1.0
  var flipsHorizontally = false
  var flipsVertically = false
  /// Added to every channel.
  var channelShift = 0.0
  /// What every channel is multiplied with.
  var brightness = 1.0

  /// Whether every pixel stays at its place.
  var movesNothing: Bool {
    rotation == 0 && shiftX == 0 && shiftY == 0 && shear == 0 && zoomX == 1 && zoomY == 1
      && !flipsHorizontally && !flipsVertically
  }

  /// The eight numbers of `Tensor.transformed(by:)` for images of a size.
  ///
  /// With x to the right, y down and the middle of the image as origin, a pixel of the result is read
  /// at R · (S · (Z · p) + shift): R turns by the rotation, S = [1, −sin; 0, cos] of the shear, Z
  /// zooms. Flips come after, so they are undone first.
  func numbers(height: Int, width: Int) -> [Double] {
    let (turn, slant) = (rotation * .pi / 180, shear * .pi / 180)
    let (c, s) = (cos(turn), sin(turn))
    let (k, l) = (-sin(slant), cos(slant))
    // Columns of R · S · Z.
    var (a0, a1) = (c * zoomX, (c * k - s * l) * zoomY)
    var (b0, b1) = (s * zoomX, (s * k + c * l) * zoomY)
    let (middleX, middleY) = (Double(width) / 2 - 0.5, Double(height) / 2 - 0.5)
    if flipsHorizontally { (a0, b0) = (-a0, -b0) }
    if flipsVertically { (a1, b1) = (-a1, -b1) }
    let a2 = middleX + c * shiftX - s * shiftY - a0 * middleX - a1 * middleY
    let b2 = middleY + s * shiftX + c * shiftY - b0 * middleX - b1 * middleY
    return [a0, a1, a2, b0, b1, b2, 0, 0]
  }
}
