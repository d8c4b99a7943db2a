extension BuiltInLayers {
  static let wrapping: [String: any ConfigurableLayer.Type] = [:]
}
