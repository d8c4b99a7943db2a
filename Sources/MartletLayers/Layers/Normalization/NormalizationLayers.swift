extension BuiltInLayers {
  static let normalization: [String: any ConfigurableLayer.Type] = [
    "BatchNormalization": BatchNorm.self
  ]
}
