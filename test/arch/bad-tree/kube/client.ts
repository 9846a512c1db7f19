export const connect = () => setTimeout(() => {}, 1)
