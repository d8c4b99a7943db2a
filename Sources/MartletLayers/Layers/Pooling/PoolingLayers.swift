extension BuiltInLayers {
  static let pooling: [String: any ConfigurableLayer.Type] = [:]
}
