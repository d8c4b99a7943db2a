@_exported import MartletLayers
