import MartletLayers
import MartletTensors

extension LayerCase {
  /// The preprocessing layers that numbers flow through; in training each draws by its seed.
  ///
  /// `RandomCrop` has its own test: at inference its outputs have another shape, as Keras' have.
  static let preprocessings: [LayerCase] = [
    .init("Rescaling", [2, 3]) { Rescaling(0.5, offset: -1) },
    .init("Rescaling of channels", [2, 2, 3]) { Rescaling([2, -0.5, 0], offset: [0, 1, 3]) },
    .init("Normalization", [2, 3]) {
      Normalization(mean: Tensor([0.5, -1, 2]), variance: Tensor([0.25, 4, 0.01]))
    },
    .init("Normalization of rows", [2, 3, 2]) {
      Normalization(axis: [1], mean: Tensor([0.5, -1, 2]), variance: Tensor([0.25, 4, 1]))
    },
    .init("Normalization undone", [2, 3]) {
      Normalization(
        axis: [], mean: Tensor(0.5 as Float), variance: Tensor(2 as Float), invert: true)
    },
    .init("Resizing", [1, 3, 4, 2]) { Resizing(height: 5, width: 3) },
    .init("Resizing nearest", [2, 3, 4, 1]) {
      Resizing(height: 2, width: 6, interpolation: .nearest)
    },
    .init("Resizing bicubic", [1, 3, 4, 1]) {
      Resizing(height: 5, width: 6, interpolation: .bicubic)
    },
    .init("Resizing down, smoothed", [1, 5, 6, 1]) {
      Resizing(height: 2, width: 4, antialias: true)
    },
    .init("Resizing of a part", [1, 3, 6, 1]) { Resizing(height: 4, width: 4, fit: .crop) },
    .init("Resizing with a border", [1, 3, 6, 1]) {
      Resizing(height: 4, width: 4, fit: .pad(0.5))
    },
    .init("CenterCrop", [2, 4, 5, 2]) { CenterCrop(height: 3, width: 2) },
    .init("CenterCrop of smaller images", [1, 3, 5, 1]) { CenterCrop(height: 4, width: 4) },
    .init("RandomFlip", [4, 2, 3, 1]) { RandomFlip(seed: 1) },
    .init("RandomFlip across", [4, 2, 3, 1]) { RandomFlip(.horizontal, seed: 2) },
    .init("RandomRotation", [2, 4, 5, 1]) { RandomRotation(0.2, seed: 1) },
    .init("RandomRotation nearest", [2, 4, 5, 1]) {
      RandomRotation(0.2, fillMode: .constant, interpolation: .nearest, seed: 1, fillValue: 0.5)
    },
    .init("RandomZoom", [2, 4, 5, 1]) { RandomZoom(0.4, 0.2, fillMode: .wrap, seed: 1) },
    .init("RandomZoom alike", [2, 4, 5, 1]) { RandomZoom(0.4, fillMode: .nearest, seed: 1) },
    .init("RandomTranslation", [2, 4, 5, 1]) { RandomTranslation(0.3, 0.4, seed: 1) },
    .init("RandomTranslation with a border", [2, 4, 5, 1]) {
      RandomTranslation(0.3, 0.4, fillMode: .constant, seed: 1, fillValue: 0.5)
    },
    // Some pixels are clipped, most are not.
    .init("RandomContrast", [2, 3, 4, 2]) {
      RandomContrast(lower: 0.4, upper: 0.6, valueRange: -1.75...1.75, seed: 1)
    },
    .init("RandomBrightness", [2, 3, 4, 1]) {
      RandomBrightness(0.3, valueRange: -1.75...1.75, seed: 1)
    },
  ]
}
