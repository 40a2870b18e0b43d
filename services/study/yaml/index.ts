// YAML that people bring, bounded and with its lines; needs no other room, so that a configuration is read without the study.

export { yamlBytes } from './yaml-bytes.ts';
export { type FilePath, readYaml, type YamlFault, type YamlSource } from './yaml-source.ts';
