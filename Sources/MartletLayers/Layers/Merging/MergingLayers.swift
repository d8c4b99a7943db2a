extension BuiltInLayers {
  static let merging: [String: any ConfigurableLayer.Type] = [
    "Add": Add.self, "Subtract": Subtract.self, "Multiply": Multiply.self,
    "Average": Average.self, "Maximum": Maximum.self, "Minimum": Minimum.self,
    "Concatenate": Concatenate.self, "Dot": Dot.self,
  ]
}
