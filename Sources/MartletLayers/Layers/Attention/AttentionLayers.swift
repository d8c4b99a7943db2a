extension BuiltInLayers {
  static let attention: [String: any ConfigurableLayer.Type] = [:]
}
