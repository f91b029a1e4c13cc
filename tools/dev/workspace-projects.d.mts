export declare function workspaceProjects(root?: string): string[];
