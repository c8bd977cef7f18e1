import * as PlatformConfigProvider from "@effect/platform/PlatformConfigProvider"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Layer } from "effect"

/**
 * Where settings come from: the environment; and in development, what it does not say may stand in a
 * file `.env` in the folder that it is started in.
 */
export const layer: Layer.Layer<never> =
  process.env.NODE_ENV === "production"
    ? Layer.empty
    : Layer.provide(PlatformConfigProvider.layerDotEnvAdd(".env"), NodeFileSystem.layer)
