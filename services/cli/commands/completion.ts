// lsweep completion SHELL: the script that lets a shell complete commands, options and files. Names of sweeps are not completed: asking for
// them takes longer than a person waits for the tab key.

import { Argument, type Command } from 'commander';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

/** @param whole the program with every command, loaded when the script is made */
export function register(program: Command, whole: () => Promise<Command>): void {
  program
    .command('completion')
    .description('print the script that makes a shell complete commands, options and files')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText(
      'after',
      `
Examples:
  source <(lsweep completion bash)   # for this session
  lsweep completion bash > ~/.local/share/bash-completion/completions/lsweep
  lsweep completion zsh > "\${fpath[1]}/_lsweep"
  lsweep completion fish > ~/.config/fish/completions/lsweep.fish`,
    )
    .action(async (shell: Shell, _options: unknown, command: Command) => {
      const [{ completionPlaces }, script] = await Promise.all([import('../completion/places.ts'), scriptOf(shell)]);
      command.configureOutput().writeOut?.(script(completionPlaces(await whole())));
    });
}

async function scriptOf(shell: Shell) {
  if (shell === 'bash') return (await import('../completion/bash.ts')).bashScript;
  if (shell === 'zsh') return (await import('../completion/zsh.ts')).zshScript;
  return (await import('../completion/fish.ts')).fishScript;
}
