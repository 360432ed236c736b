/** Step 4: tools of MCP servers, which the API server calls, and tools of this page. */

import type { ChatTool } from 'perso-interactive-sdk-web/client';
import { clientTools } from '../client-tools.ts';
import { checkedValues, fillCheckBoxes } from '../fields.ts';
import { find } from '../page.ts';
import type { SettingsPanel } from '../panel.ts';

export interface ToolsPanel extends SettingsPanel {
  chosenTools(): ChatTool[];
}

export function createToolsPanel(): ToolsPanel {
  const serverBoxes = find('mcp-servers', HTMLElement);
  const toolBoxes = find('client-tools', HTMLElement);
  const tools = clientTools.map(({ name }) => ({ value: name, label: name }));
  fillCheckBoxes(toolBoxes, tools, true);

  return {
    show({ mcpServers }) {
      const servers = mcpServers.map(({ mcpserver_id, name }) => ({ value: mcpserver_id, label: name }));
      fillCheckBoxes(serverBoxes, servers, false);
      if (servers.length === 0) serverBoxes.textContent = 'No MCP servers available';
    },
    params: () => ({ mcp_servers: checkedValues(serverBoxes) }),
    chosenTools() {
      const names = checkedValues(toolBoxes);
      return clientTools.filter(({ name }) => names.includes(name));
    },
  };
}
