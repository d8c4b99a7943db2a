extension BuiltInLayers {
  static let reshaping: [String: any ConfigurableLayer.Type] = [:]
}
