extension BuiltInLayers {
  static let convolution: [String: any ConfigurableLayer.Type] = [
    "Conv1D": Conv1D.self, "Conv2D": Conv2D.self, "Conv3D": Conv3D.self,
    "Convolution1D": Conv1D.self, "Convolution2D": Conv2D.self, "Convolution3D": Conv3D.self,
  ]
}
