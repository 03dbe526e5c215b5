/** Where the console begins. */
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { queries } from './data/client'
import { keepPolicy } from './data/policy'
import { applyTheme } from './data/theme'
import { router } from './router'
import './styles/tokens.css'
import './styles/parts.css'
import './styles/shell.css'
import './styles/pages.css'

keepPolicy()
applyTheme()
const root = document.getElementById('root')
if (!root) throw new Error('the page has no place for the console')
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
)
