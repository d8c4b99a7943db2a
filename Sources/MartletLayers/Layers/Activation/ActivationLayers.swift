extension BuiltInLayers {
  static let activation: [String: any ConfigurableLayer.Type] = [:]
}
