extension BuiltInLayers {
  static let merging: [String: any ConfigurableLayer.Type] = [:]
}
