import MartletLayers
import MartletTensors
import Testing

@Suite("SpectralNormalization")
struct SpectralNormalizationTests {
  @Test("A training call divides the kernel by its largest singular value, as in Keras")
  func training() throws {
    // Keras 3.15.1, two steps of the power method from (0.6, 0.8).
    let inner = Dense(2)
    let layer = SpectralNormalization(inner, powerIterations: 2)
    let x = Tensor([[1.0, 2, 3]])
    _ = layer(x)
    #expect(layer.weights.map(\.shape) == [[3, 2], [1, 2], [2]])
    try layer.setWeights([
      Tensor([[1.0, 2], [3, -1], [0.5, 4]]), Tensor([[0.6, 0.8]]), Tensor([0.1, 0.2]),
    ])
    #expect(layer(x, training: true).isClose(to: Tensor([[1.9705626, 2.8407943]]), relative: 1e-6))
    let kernel = Tensor([
      [0.22006619, 0.44013238], [0.66019857, -0.22006619], [0.110033095, 0.88026476],
    ])
    #expect(layer.weights[0].value.isClose(to: kernel, relative: 1e-6))
    #expect(layer.weights[1].value.isClose(to: Tensor([[0.2315778, 0.9728163]]), relative: 1e-6))
    // Inference changes nothing.
    _ = layer(x)
    #expect(layer.weights[0].value.isClose(to: kernel, relative: 1e-6))
  }

  @Test("A kernel of zeros stays, and a layer without a kernel is refused")
  func edges() throws {
    let layer = SpectralNormalization(Dense(2, kernelInitializer: .zeros))
    #expect(layer(Tensor.ones([1, 3]), training: true).scalars == [0, 0])
    let error = #expect(throws: Diagnostic.self) {
      try SpectralNormalization(Flatten()).build(for: [[nil, 3]])
    }
    #expect(error?.description.contains("kernel") == true)
  }
}
