export { formatIssues, type Issue, IssueError } from './issue';
export * from './artifact';
export * from './hardware';
export * from './pipeline';
