import { writeFileSync } from 'node:fs';
import { everyMetric } from '../support/every-metric.js';
import { metricsPage } from './metrics-page.js';

writeFileSync('docs/metrics.md', metricsPage(everyMetric()));
