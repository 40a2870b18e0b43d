// YAML that people bring, bounded and with its lines; needs no other room, so that a configuration is read without the study.

export { type FilePath, MOST_YAML_BYTES, readYaml, type YamlFault, type YamlSource } from './yaml-source.ts';
