export * from "idiomorph";
