// Kubernetes puts variables into the arguments of a container: $(NAME), and $$ for a dollar sign
// (k8s.io/kubernetes/third_party/forked/golang/expansion).

/** Text that Kubernetes leaves as it is. */
export function withoutExpansion(text: string): string {
  return text.replaceAll('$', '$$$$')
}

/** What Kubernetes makes of the text; a variable that is not set stays as it is written. */
export function expanded(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (found, name: string | undefined) =>
    name === undefined ? '$' : (variables.get(name) ?? found),
  )
}
