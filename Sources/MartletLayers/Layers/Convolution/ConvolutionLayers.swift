extension BuiltInLayers {
  static let convolution: [String: any ConfigurableLayer.Type] = [:]
}
