@_exported import MartletData
@_exported import MartletLayers
